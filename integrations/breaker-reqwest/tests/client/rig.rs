//! A breaker on a manual clock, a client, and servers that answer as a test says.

use std::future::{Future, pending};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ConfigBuilder, ManualClock};
use breaker_reqwest::CircuitBreakerMiddleware;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub(crate) const OPEN: Duration = Duration::from_secs(30);
pub(crate) const OPEN_MAX: Duration = Duration::from_secs(600);

pub(crate) struct Rig {
    pub(crate) breaker: CircuitBreaker,
    pub(crate) time: ManualClock,
}

/// A breaker that opens at its first failure, and closes at its first success.
pub(crate) fn rig() -> Rig {
    with(&tripping())
}

pub(crate) fn tripping() -> ConfigBuilder {
    Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(OPEN).open_timeout_max(OPEN_MAX)
}

pub(crate) fn with(config: &ConfigBuilder) -> Rig {
    let (clock, time) = Clock::manual();
    Rig { breaker: CircuitBreaker::with_clock("quotes", config.build().expect("valid"), clock), time }
}

/// How many requests had which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    pub(crate) timeouts: u64,
    pub(crate) ignored: u64,
    pub(crate) abandoned: u64,
    pub(crate) rejections: u64,
}

/// Returns how the requests of a breaker ended. All of them must have.
pub(crate) fn ends(breaker: &CircuitBreaker) -> Ends {
    let m = breaker.metrics();
    assert_eq!(m.in_flight, 0, "{m:?}");
    assert_eq!(m.requests, m.successes + m.failures + m.ignored + m.abandoned + m.rejections, "{m:?}");
    Ends {
        successes: m.successes,
        failures: m.failures,
        timeouts: m.timeouts,
        ignored: m.ignored,
        abandoned: m.abandoned,
        rejections: m.rejections,
    }
}

impl Rig {
    pub(crate) fn middleware(&self) -> CircuitBreakerMiddleware {
        CircuitBreakerMiddleware::with(self.breaker.clone())
    }

    pub(crate) fn client(&self) -> ClientWithMiddleware {
        client(self.middleware())
    }

    pub(crate) fn ends(&self) -> Ends {
        ends(&self.breaker)
    }
}

/// A client without the proxy that the environment may name.
pub(crate) fn plain() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

pub(crate) fn client(middleware: impl reqwest_middleware::Middleware) -> ClientWithMiddleware {
    ClientBuilder::new(plain()).with(middleware).build()
}

/// A server on the loopback interface, which ends with this value.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Runs `serve` for each connection after the head of its request has arrived. One connection is for one request.
    pub(crate) async fn new<F, S>(serve: S) -> Self
    where
        S: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if read_head(&mut stream).await {
                    counter.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(serve(stream));
                }
            }
        });
        Self { address, requests, task }
    }

    /// Answers with these statuses, one after the other, and then always with the last one.
    pub(crate) async fn answering<const N: usize>(statuses: [u16; N]) -> Self {
        let next = AtomicUsize::new(0);
        Self::new(move |mut stream| {
            let status = statuses[next.fetch_add(1, Ordering::Relaxed).min(N - 1)];
            async move { send(&mut stream, &head(status, "")).await }
        })
        .await
    }

    /// Answers with this status and this header.
    pub(crate) async fn with_header(status: u16, header: String) -> Self {
        let answer = head(status, &format!("{header}\r\n"));
        Self::new(move |mut stream| {
            let answer = answer.clone();
            async move { send(&mut stream, &answer).await }
        })
        .await
    }

    /// Never answers. Notifies when a request has arrived.
    pub(crate) async fn silent() -> (Self, Arc<Notify>) {
        let arrived = Arc::new(Notify::new());
        let notified = Arc::clone(&arrived);
        let server = Self::new(move |stream| {
            notified.notify_one();
            async move {
                let _open = stream;
                pending::<()>().await;
            }
        });
        (server.await, arrived)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests have arrived.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The head of an empty response; `headers` end with a line break.
pub(crate) fn head(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\ncontent-length: 0\r\nconnection: close\r\n{headers}\r\n")
}

pub(crate) async fn send(stream: &mut TcpStream, text: &str) {
    // A client that is gone is a part of some tests.
    let _ = stream.write_all(text.as_bytes()).await;
}

/// Reads up to the empty line. Returns whether it has arrived.
async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte).await {
            Ok(1) => head.push(byte[0]),
            _ => return false,
        }
    }
    true
}
