//! The review service over HTTP, on a loopback port.

mod routes;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::BoxError;
use crate::service::ReviewService;

/// The server.
pub(crate) struct Web {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl Web {
    /// Serves on this port; on a free one if it is 0.
    pub(crate) async fn start(port: u16, service: Arc<ReviewService>) -> Result<Self, BoxError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.map_err(|error| format!("can't listen on port {port}: {error}"))?;
        let address = listener.local_addr()?;
        // As in the S3 server: avoids waiting for delayed acknowledgements.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let server = axum::serve(listener, routes::router(service)).with_graceful_shutdown(stopped);
        Ok(Self { address, stop, server: tokio::spawn(server.into_future()) })
    }

    /// Returns the address of the server.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, and waits until the requests in flight are answered.
    pub(crate) async fn stop(self) -> Result<(), BoxError> {
        // An error means that the server has ended already; its result says why.
        let _ = self.stop.send(());
        Ok(self.server.await??)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use crate::stage::Stage;
    use crate::upstream::Upstreams;

    /// The registry is the global one, so only one test of this program may build a stage.
    #[tokio::test]
    async fn a_request_in_flight_is_answered_before_the_server_ends() {
        let Stage { service, web, outages: _servers, directory: _directory, .. } =
            Stage::build(0, Upstreams::default()).await.expect("everything starts");
        let address = web.address();
        let mut client = TcpStream::connect(address).await.expect("it listens");
        let head = "POST /reviews/1 HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n";
        client.write_all(head.as_bytes()).await.expect("it reads");
        // The handler runs: it has asked for the body.
        let mut answer = [0; 25];
        client.read_exact(&mut answer).await.expect("it answers");
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");

        let stopping = tokio::spawn(web.stop());
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!stopping.is_finished(), "a request is in flight");
        client.write_all(b"Good.").await.expect("it reads");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("it answers, and closes the connection");
        assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
        stopping.await.expect("no panic").expect("no error");
        assert!(
            service.reviews.select_unprotected(1).await.expect("the database answers").contains(&"Good.".to_owned())
        );
    }
}
