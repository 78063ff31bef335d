//! A server that answers by script, and an S3 client with a guarded connector.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ManualClock};
use breaker_object_store::GuardedConnector;
use bytes::Bytes;
use futures::future::{pending, ready};
use futures::{StreamExt, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::ReqwestConnector;
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStoreExt, RetryConfig};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What the server says to a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// The object.
    Serve,
    Status(u16),
    Body(String),
    /// A status with a header.
    With(u16, &'static str, &'static str),
    /// The half of the object, then the connection breaks.
    BreakOff,
    Never,
}

type Body = BoxBody<Bytes, std::io::Error>;

/// Notes what it is asked, and answers by script; with the object after its end.
#[derive(Clone, Default)]
pub(crate) struct Server {
    asked: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    arrived: Arc<Notify>,
}

impl Server {
    pub(crate) fn then(&self, answer: Answer) -> &Self {
        self.answers.lock().expect("no test panics in it").push_back(answer);
        self
    }

    pub(crate) fn times(&self, times: usize, answer: &Answer) -> &Self {
        (0..times).fold(self, |server, _| server.then(answer.clone()))
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panics in it").clone()
    }

    /// Waits until a request has arrived.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    async fn serve(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let server = self.clone();
                let service = service_fn(move |request| server.clone().answer(request));
                // An error of a connection is what some tests are about.
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
            }
        });
        address
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let (parts, body) = request.into_parts();
        let _ = body.collect().await;
        self.asked.lock().expect("no test panics in it").push(format!("{} {}", parts.method, parts.uri));
        self.arrived.notify_one();
        let answer = self.answers.lock().expect("no test panics in it").pop_front().unwrap_or(Answer::Serve);
        let response =
            Response::builder().header("etag", "\"1\"").header("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");
        let whole = |text: &'static str| Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed();
        let response = match answer {
            Answer::Serve => response.body(whole(OBJECT)),
            Answer::Body(text) => response.body(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed()),
            Answer::Status(status) => response.status(status).body(whole(REASON)),
            Answer::With(status, name, value) => response.status(status).header(name, value).body(whole(REASON)),
            Answer::BreakOff => {
                let half = stream::once(ready(Ok(Frame::data(Bytes::from(&OBJECT[..3])))));
                let frames = half.chain(stream::once(async {
                    // Meanwhile, the server sends the half.
                    tokio::task::yield_now().await;
                    Err(std::io::Error::other("the connection breaks"))
                }));
                response.header("content-length", OBJECT.len()).body(BodyExt::boxed(StreamBody::new(frames)))
            }
            Answer::Never => pending().await,
        };
        Ok(response.expect("it is valid"))
    }
}

pub(crate) const OBJECT: &str = "the object";
const REASON: &str = "<Error><Code>SlowDown</Code></Error>";

/// A client of a server by script, whose breaker opens at the second failure in a row and times requests out after 30 s.
pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    pub(crate) server: Server,
    pub(crate) store: AmazonS3,
    pub(crate) breaker: CircuitBreaker,
    pub(crate) hand: ManualClock,
}

impl Rig {
    pub(crate) async fn get(&self) -> object_store::Result<Bytes> {
        self.store.get(&Path::from("a")).await?.bytes().await
    }
}

pub(crate) fn breaker() -> (CircuitBreaker, ManualClock) {
    let (clock, hand) = Clock::manual();
    let config = Config::builder()
        .consecutive_failures(2)
        .request_timeout(Duration::from_secs(30))
        .open_timeout(Duration::from_secs(60))
        .build()
        .expect("it is valid");
    (CircuitBreaker::with_clock("bucket", config, clock), hand)
}

pub(crate) fn retries(max_retries: usize) -> RetryConfig {
    let pause = Duration::from_millis(1);
    let backoff = BackoffConfig { init_backoff: pause, max_backoff: pause, base: 2. };
    RetryConfig { backoff, max_retries, retry_timeout: Duration::from_secs(60) }
}

pub(crate) fn bucket(address: SocketAddr, retries: RetryConfig) -> AmazonS3Builder {
    AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_region("eu-central-1")
        .with_bucket_name("bucket")
        .with_access_key_id("key")
        .with_secret_access_key("secret")
        .with_retry(retries)
}

/// Without retries.
pub(crate) async fn rig() -> Rig {
    rig_with(0, |connector| connector).await
}

pub(crate) async fn rig_with(
    max_retries: usize,
    change: impl FnOnce(GuardedConnector<ReqwestConnector>) -> GuardedConnector<ReqwestConnector>,
) -> Rig {
    let server = Server::default();
    let address = server.clone().serve().await;
    let (breaker, hand) = breaker();
    let connector = change(GuardedConnector::with(breaker.clone(), ReqwestConnector::default()));
    let store = bucket(address, retries(max_retries)).with_http_connector(connector).build().expect("it is valid");
    Rig { address, server, store, breaker, hand }
}

/// A server that answers each connection with these bytes, and closes it.
pub(crate) async fn speaks(bytes: &'static [u8]) -> SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            // What the client thinks of it is what the tests are about.
            let _ = connection.read(&mut request).await;
            let _ = connection.write_all(bytes).await;
        }
    });
    address
}
