//! One connection of the proxy.

use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::sleep;

use super::{Damage, Shared};

/// Passes data on until one side closes, or the proxy cuts or resets the connection. `first` is the damage when it was
/// accepted: one that is cut between that and its first poll is cut, too.
pub(super) async fn run(mut client: TcpStream, shared: Arc<Shared>, number: usize, first: Damage) {
    // It counts as open until its sockets are closed.
    let count = Count(&shared, number);
    let mut damage = shared.damage.subscribe();
    let is_hit = async {
        let now = damage.wait_for(|now| now.cuts != first.cuts || now.resets != first.resets).await;
        now.is_ok_and(|now| now.resets != first.resets)
    };
    let is_reset = tokio::select! {
        is_reset = is_hit => is_reset,
        // An error of either side closes both, as a crash of the server would.
        _ = pass(&mut client, &shared) => false,
    };
    if is_reset {
        // Closing then sends RST. Without it, the connection would only be closed, and the test would see that.
        let _ = client.set_zero_linger();
    }
    drop(client);
    drop(count);
}

struct Count<'a>(&'a Shared, usize);

impl Drop for Count<'_> {
    fn drop(&mut self) {
        self.0.open().remove(&self.1);
    }
}

async fn pass(client: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    let target = *shared.target.lock().unwrap_or_else(PoisonError::into_inner);
    let mut server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::select! {
        end = pump(from_client, to_server, shared, false) => end,
        end = pump(from_server, to_client, shared, true) => end,
    }
}

async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, shared: &Shared, is_answer: bool) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    // Bytes that were delivered while the number was limited.
    let mut delivered = 0;
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let damage = *shared.damage.borrow();
        if !damage.delay.is_zero() {
            sleep(damage.delay).await;
        }
        // Asked again, because it may have changed during the delay.
        let damage = *shared.damage.borrow();
        if damage.black_hole {
            shared.lost.fetch_add(length, Relaxed);
            continue;
        }
        let (mut passed, mut is_cut) = if is_answer { spend(shared, length) } else { (length, false) };
        if let (true, Some(limit)) = (is_answer, damage.limit) {
            is_cut |= delivered + passed >= limit;
            passed = passed.min(limit.saturating_sub(delivered));
            delivered += passed;
        } else {
            delivered = 0;
        }
        if is_answer {
            dribble(&mut to, &buffer[..passed], shared).await?;
        } else {
            to.write_all(&buffer[..passed]).await?;
        }
        if is_cut {
            return to.shutdown().await;
        }
    }
}

/// Writes byte by byte while the answers are to dribble, and what is left at once.
async fn dribble(to: &mut WriteHalf<'_>, mut answer: &[u8], shared: &Shared) -> io::Result<()> {
    while let [first, rest @ ..] = answer {
        let pause = shared.damage.borrow().pause;
        if pause.is_zero() {
            return to.write_all(answer).await;
        }
        to.write_all(&[*first]).await?;
        sleep(pause).await;
        answer = rest;
    }
    Ok(())
}

/// Takes so many bytes from the budget. Returns how many may pass, and whether the connection is to be closed then.
fn spend(shared: &Shared, length: usize) -> (usize, bool) {
    let mut budget = shared.budget.lock().unwrap_or_else(PoisonError::into_inner);
    match *budget {
        Some(left) if left <= length => {
            *budget = None;
            (left, true)
        }
        Some(left) => {
            *budget = Some(left - length);
            (length, false)
        }
        None => (length, false),
    }
}
