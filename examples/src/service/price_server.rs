//! A price server on a loopback port. Its `/healthz` keeps succeeding while its prices fail.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// The server. Dropping it stops it.
pub(crate) struct PriceServer {
    address: SocketAddr,
    fails: Arc<AtomicBool>,
    server: JoinHandle<()>,
}

impl PriceServer {
    /// Starts the server on a free port.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let fails = Arc::new(AtomicBool::new(false));
        let server = tokio::spawn(serve(listener, Arc::clone(&fails)));
        Ok(Self { address, fails, server })
    }

    /// Returns the address of the server.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes all following price requests return 503, or succeed again.
    pub(crate) fn set_fails(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }
}

impl Drop for PriceServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Accepts connections until the task is aborted, which also closes them.
async fn serve(listener: TcpListener, fails: Arc<AtomicBool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                // As in the S3 server: avoids waiting for delayed acknowledgements.
                let _ = stream.set_nodelay(true);
                let fails = Arc::clone(&fails);
                let answer = service_fn(move |request| {
                    let answer = answer(&request, fails.load(Ordering::Relaxed));
                    async move { Ok::<_, Infallible>(answer) }
                });
                connections.spawn(async move {
                    // The server ignores clients that disconnect.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

fn answer(request: &Request<Incoming>, fails: bool) -> Response<Full<Bytes>> {
    // The health endpoint always succeeds: it only shows that the process runs.
    let is_check = request.uri().path() == "/healthz";
    let mut answer = Response::new(Full::from(if is_check { "ok" } else { "995" }));
    if fails && !is_check {
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    answer
}
