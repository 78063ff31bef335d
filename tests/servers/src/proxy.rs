//! A TCP proxy that damages connections.

mod connection;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

use crate::ports::Port;
use crate::wait::until;

/// A TCP proxy in front of a server, on a thread of its own. At first it passes everything on.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    _port: Port,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    target: Mutex<SocketAddr>,
    damage: watch::Sender<Damage>,
    /// How many more bytes of answers are passed on, before the connection is closed.
    budget: Mutex<Option<usize>>,
    accepted: AtomicUsize,
    lost: AtomicUsize,
    /// The numbers of the open connections.
    open: Mutex<BTreeSet<usize>>,
    listens: watch::Sender<bool>,
}

/// What happens to the connections.
#[derive(Debug, Clone, Copy, Default)]
struct Damage {
    delay: Duration,
    /// The pause after each byte of an answer.
    pause: Duration,
    black_hole: bool,
    /// How many bytes of answers each connection delivers, before it is closed.
    limit: Option<usize>,
    refuses: bool,
    /// How often all connections have been closed.
    cuts: usize,
    /// How often all connections have been reset.
    resets: usize,
    ends: bool,
}

impl Proxy {
    /// Starts a proxy in front of this address. The server need not listen yet: a connection that it refuses is closed.
    pub fn start(target: SocketAddr) -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST, target)
    }

    /// Starts a proxy that listens on this address of the machine.
    pub fn start_on(address: Ipv4Addr, target: SocketAddr) -> Self {
        let shared = Arc::new(Shared {
            target: Mutex::new(target),
            damage: watch::Sender::default(),
            budget: Mutex::new(None),
            accepted: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            open: Mutex::default(),
            listens: watch::Sender::new(false),
        });
        let port = Port::claim();
        let address = SocketAddr::from((address, port.number()));
        let inside = Arc::clone(&shared);
        let thread = thread::spawn(move || run(address, &inside));
        let proxy = Self { address, _port: port, shared, thread: Some(thread) };
        proxy.wait_until_it_listens(true);
        proxy
    }

    /// Returns the proxy's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connects new connections to this address. Existing ones stay where they are, as after a change of a name's address.
    pub fn retarget(&self, target: SocketAddr) {
        *self.shared.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// Delays each piece of data by this time, in both directions.
    pub fn delay(&self, delay: Duration) {
        self.change(|damage| damage.delay = delay);
    }

    /// Passes on answers byte by byte, with this pause after each.
    pub fn dribble(&self, pause: Duration) {
        self.change(|damage| damage.pause = pause);
    }

    /// Loses all data in both directions. Connections stay open, and new ones are accepted.
    pub fn black_hole(&self) {
        self.change(|damage| damage.black_hole = true);
    }

    /// Closes the connection that delivers the last of so many more bytes of answers, in the middle of an answer.
    /// All connections count together. Connections that are made later stay open.
    pub fn cut_after(&self, bytes: usize) {
        *self.shared.budget.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
    }

    /// Closes each connection when it has delivered so many more bytes of answers, also those that are made later.
    pub fn cut_each_after(&self, bytes: usize) {
        self.change(|damage| damage.limit = Some(bytes));
    }

    /// Closes all connections, and waits until they are closed. New ones are accepted.
    pub fn cut(&self) {
        let first_new = self.accepted();
        self.change(|damage| damage.cuts += 1);
        self.wait_until_closed(first_new);
    }

    /// Resets all connections (RST), and waits until they are. New ones are accepted.
    pub fn reset(&self) {
        let first_new = self.accepted();
        self.change(|damage| damage.resets += 1);
        self.wait_until_closed(first_new);
    }

    /// Refuses new connections. Existing ones stay open.
    pub fn refuse(&self) {
        self.change(|damage| damage.refuses = true);
        self.wait_until_it_listens(false);
    }

    /// Ends all damage. Data that was lost stays lost.
    pub fn heal(&self) {
        *self.shared.budget.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.change(|damage| *damage = Damage { cuts: damage.cuts, resets: damage.resets, ..Damage::default() });
        self.wait_until_it_listens(true);
    }

    /// Returns how many connections were accepted so far.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(SeqCst)
    }

    /// Returns how many bytes were lost so far.
    pub fn lost(&self) -> usize {
        self.shared.lost.load(Relaxed)
    }

    /// Returns how many connections are open.
    pub fn open(&self) -> usize {
        self.shared.open().len()
    }

    fn change(&self, change: impl FnOnce(&mut Damage)) {
        self.shared.damage.send_modify(change);
    }

    fn wait_until_it_listens(&self, should: bool) {
        until("the proxy's listener has changed", || {
            let listens = *self.shared.listens.borrow();
            if listens == should { Ok(()) } else { Err(format!("it listens: {listens}")) }
        });
    }

    /// Clients may connect again meanwhile, so that there is no moment without a connection.
    fn wait_until_closed(&self, first_new: usize) {
        until("all connections are closed", || match self.shared.open().range(..first_new).count() {
            0 => Ok(()),
            open => Err(format!("{open} are open")),
        });
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.change(|damage| damage.ends = true);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn run(address: SocketAddr, shared: &Arc<Shared>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    // Connections end with the runtime.
    runtime.block_on(async {
        let mut damage = shared.damage.subscribe();
        while !damage.borrow_and_update().ends {
            let refuses = damage.borrow().refuses;
            if !refuses {
                accept(&listener(address), shared).await;
                shared.listens.send_replace(false);
            } else if damage.changed().await.is_err() {
                return;
            }
        }
    });
}

/// Accepts connections until they should be refused.
async fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut damage = shared.damage.subscribe();
    shared.listens.send_replace(true);
    loop {
        let is_over = damage.wait_for(|damage| damage.refuses || damage.ends);
        tokio::select! {
            _ = is_over => return,
            accepted = listener.accept() => {
                // A client that has gone away meanwhile is its own affair.
                let Ok((client, _)) = accepted else { continue };
                let first = *shared.damage.borrow();
                let number = shared.accepted.load(Relaxed);
                shared.open().insert(number);
                // SeqCst: one that `cut` counts is in the set, and has the damage before the cut.
                shared.accepted.store(number + 1, SeqCst);
                tokio::spawn(connection::run(client, Arc::clone(shared), number, first));
            }
        }
    }
}

fn listener(address: SocketAddr) -> TcpListener {
    let listen = || {
        let socket = TcpSocket::new_v4()?;
        // Connections of the former listener may still be there.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(1024)
    };
    until("the proxy listens", || listen().map_err(|error: std::io::Error| error.to_string()))
}
