//! A proxy in front of a server, which makes its answers late, holds them back, or closes the connections.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How answers pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At once.
    Direct,
    /// Later by this.
    Late(Duration),
    /// Not at all, until the pace changes.
    Held,
    /// Not at all: connections are closed, those that are made later, too.
    Cut,
}

/// The proxy, on a loopback port. Dropping it cuts its connections.
pub(crate) struct Proxy {
    address: SocketAddr,
    pace: watch::Sender<Pace>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Passes connections on to `server`, which is a host and a port.
    pub(crate) async fn start(server: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (pace, paces) = watch::channel(Pace::Direct);
        Ok(Self { address, pace, server: tokio::spawn(serve(listener, server, paces)) })
    }

    /// Returns the address of the proxy.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the pace of all answers from now on.
    pub(crate) fn set_pace(&self, pace: Pace) {
        self.pace.send_replace(pace);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Accepts connections until the task is aborted, which also closes them.
async fn serve(listener: TcpListener, server: String, pace: watch::Receiver<Pace>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                let (server, pace) = (server.clone(), pace.clone());
                // An error is that of one connection, whose ends see it.
                connections.spawn(async move { drop(pass(client, &server, pace).await) });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn pass(client: TcpStream, server: &str, pace: watch::Receiver<Pace>) -> io::Result<()> {
    let mut cut = pace.clone();
    if *cut.borrow() == Pace::Cut {
        return Ok(());
    }
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((mut requests, to_client), (answers, mut to_server)) = (client.into_split(), server.into_split());
    // The connection ends when one of its ends closes it.
    tokio::select! {
        sent = tokio::io::copy(&mut requests, &mut to_server) => sent.map(drop),
        sent = pass_answers(answers, to_client, pace) => sent,
        // The sender lives as long as the proxy, whose end is that of this task.
        _ = cut.wait_for(|pace| *pace == Pace::Cut) => Ok(()),
    }
}

async fn pass_answers(
    mut answers: impl AsyncRead + Unpin,
    mut client: impl AsyncWrite + Unpin,
    mut pace: watch::Receiver<Pace>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = answers.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        wait(&mut pace).await;
        client.write_all(&buffer[..read]).await?;
    }
}

/// Waits until an answer may pass.
async fn wait(pace: &mut watch::Receiver<Pace>) {
    loop {
        let now = *pace.borrow_and_update();
        match now {
            Pace::Direct => return,
            Pace::Late(by) => return tokio::time::sleep(by).await,
            // The sender lives as long as the proxy, whose end is that of this task.
            Pace::Held | Pace::Cut => drop(pace.changed().await),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::watch;

    use super::{Pace, pass_answers, wait};

    #[tokio::test(start_paused = true)]
    async fn each_pace_lets_answers_pass_in_its_way() {
        let (set, mut pace) = watch::channel(Pace::Direct);
        let start = tokio::time::Instant::now();
        wait(&mut pace).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        set.send_replace(Pace::Late(Duration::from_secs(3)));
        wait(&mut pace).await;
        assert_eq!(start.elapsed(), Duration::from_secs(3));

        set.send_replace(Pace::Held);
        let (mut server, answers) = tokio::io::duplex(64);
        let (client, mut received) = tokio::io::duplex(64);
        let passing = tokio::spawn(pass_answers(answers, client, pace));
        server.write_all(b"answer").await.expect("it is read");
        let mut answer = [0; 6];
        let held = tokio::time::timeout(Duration::from_mins(1), received.read_exact(&mut answer)).await;
        assert!(held.is_err(), "it is held back");
        set.send_replace(Pace::Direct);
        received.read_exact(&mut answer).await.expect("it passes");
        assert_eq!(&answer, b"answer");
        drop(server);
        passing.await.expect("no panic").expect("the end of the answers is no error");
    }
}
