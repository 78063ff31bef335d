//! An S3 server on a loopback port, which can be stopped and started again.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};

use super::s3_protocol::Objects;

const BACKLOG: u32 = 256;

/// The server. Dropping it stops it.
pub(crate) struct S3Server {
    objects: Arc<Objects>,
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    door: Door,
}

enum Door {
    Open(JoinHandle<()>),
    /// Bound but not listening: connections are refused, and no other program can take the port.
    Shut(TcpSocket),
    Moving,
}

impl S3Server {
    /// Serves on a free port.
    pub(crate) fn start() -> io::Result<Self> {
        let socket = bound((Ipv4Addr::LOCALHOST, 0).into())?;
        let address = socket.local_addr()?;
        let mut server =
            Self { objects: Arc::default(), address, connections: Arc::default(), door: Door::Shut(socket) };
        server.listen()?;
        Ok(server)
    }

    /// Returns the address of the server.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the listener and all connections. Returns how many connections there were.
    pub(crate) async fn cut(&mut self) -> io::Result<usize> {
        let Door::Open(server) = std::mem::replace(&mut self.door, Door::Moving) else {
            return Err(io::Error::other("the S3 server is down already"));
        };
        let cut = self.connections.load(Ordering::Relaxed);
        server.abort();
        // The listener is closed only when the task has ended.
        let _ = server.await;
        self.door = Door::Shut(bound(self.address)?);
        Ok(cut)
    }

    /// Listens on the same port again.
    pub(crate) fn listen(&mut self) -> io::Result<()> {
        let Door::Shut(socket) = std::mem::replace(&mut self.door, Door::Moving) else {
            return Err(io::Error::other("the S3 server is up already"));
        };
        let listener = socket.listen(BACKLOG)?;
        self.connections = Arc::default();
        self.door = Door::Open(tokio::spawn(serve(listener, Arc::clone(&self.objects), Arc::clone(&self.connections))));
        Ok(())
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Door::Open(server) = &self.door {
            server.abort();
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // The closed connections leave the port in TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Accepts connections until the task is aborted. The connections are tasks in this task's set, so aborting it closes
/// them.
async fn serve(listener: TcpListener, objects: Arc<Objects>, count: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                // Otherwise, each answer of two small writes waits 40 ms for the client's delayed acknowledgement.
                let _ = stream.set_nodelay(true);
                let objects = Arc::clone(&objects);
                let service = service_fn(move |request| {
                    let objects = Arc::clone(&objects);
                    async move { objects.answer(request).await }
                });
                connections.spawn(async move {
                    // The server ignores clients that disconnect.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
        count.store(connections.len(), Ordering::Relaxed);
    }
}
