//! gRPC: a tonic client over the layer, with a real tonic server, and answers written by hand.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use breaker_core::{RejectionReason, State};
use breaker_tower::{CircuitBreakerLayer, Error, Grpc};
use bytes::{Buf, BufMut};
use futures_core::Stream;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tower::{Layer, ServiceExt};

use crate::bodies::{Step, Steps, data};
use crate::rig::{OPEN, Rig, rig, tripping, with};

/// Messages that are text.
#[derive(Clone, Copy, Default)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, item: String, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(item.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        String::from_utf8(bytes.to_vec()).map(Some).map_err(|_| Status::internal("not UTF-8"))
    }
}

/// The status that a request asks for: "14", or "8 250" with a pushback.
fn status(request: &str) -> Option<Status> {
    let mut words = request.split(' ');
    let code: i32 = words.next()?.parse().ok()?;
    let mut status = Status::new(Code::from_i32(code), "as asked");
    if let Some(wait) = words.next() {
        status.metadata_mut().insert("grpc-retry-pushback-ms", wait.parse().expect("a metadata value"));
    }
    (code != 0).then_some(status)
}

/// The generated part of a server, written by hand.
#[derive(Clone)]
struct Echo;

impl tonic::server::UnaryService<String> for Echo {
    type Response = String;
    type Future = std::future::Ready<Result<tonic::Response<String>, Status>>;

    fn call(&mut self, request: tonic::Request<String>) -> Self::Future {
        let text = request.into_inner();
        ready(status(&text).map_or_else(|| Ok(tonic::Response::new(text)), Err))
    }
}

impl tonic::server::ServerStreamingService<String> for Echo {
    type Response = String;
    type ResponseStream = Items;
    type Future = std::future::Ready<Result<tonic::Response<Items>, Status>>;

    /// Three messages, then the status.
    fn call(&mut self, request: tonic::Request<String>) -> Self::Future {
        let last = status(request.get_ref()).map(Err);
        let items = (0..3).map(|n| Ok(n.to_string())).chain(last);
        ready(Ok(tonic::Response::new(Items(items.collect()))))
    }
}

struct Items(std::collections::VecDeque<Result<String, Status>>);

impl Stream for Items {
    type Item = Result<String, Status>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front())
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let is_stream = request.uri().path().ends_with("Stream");
    let mut server = tonic::server::Grpc::new(Text);
    Ok(if is_stream { server.server_streaming(Echo, request).await } else { server.unary(Echo, request).await })
}

/// Starts a server, and returns a channel to it. Dropping the set stops the server.
async fn server() -> (Channel, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
            });
        }
    });
    (Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy(), tasks)
}

/// The generated part of a client, written by hand.
struct Client<T>(tonic::client::Grpc<T>);

impl<T> Client<T>
where
    T: GrpcService<Body>,
    T::Error: Into<tonic::codegen::StdError>,
    T::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <T::ResponseBody as http_body::Body>::Error: Into<tonic::codegen::StdError> + Send,
{
    fn new(service: T) -> Self {
        Self(tonic::client::Grpc::new(service))
    }

    async fn echo(&mut self, text: &str) -> Result<String, Status> {
        self.0.ready().await.map_err(|error| Status::unknown(format!("Service was not ready: {}", error.into())))?;
        let path = PathAndQuery::from_static("/test.Echo/Echo");
        self.0.unary(tonic::Request::new(text.to_owned()), path, Text).await.map(tonic::Response::into_inner)
    }

    async fn stream(&mut self, text: &str) -> Result<tonic::Streaming<String>, Status> {
        self.0.ready().await.map_err(|error| Status::unknown(format!("Service was not ready: {}", error.into())))?;
        let path = PathAndQuery::from_static("/test.Echo/Stream");
        let response = self.0.server_streaming(tonic::Request::new(text.to_owned()), path, Text).await;
        response.map(tonic::Response::into_inner)
    }
}

type Protected<S> = breaker_tower::CircuitBreakerService<S, breaker_tower::Fixed, Grpc, breaker_tower::NoFallback>;

fn protected<S>(rig: &Rig, service: S, rules: Grpc) -> Client<Protected<S>>
where
    Protected<S>: GrpcService<Body>,
    <Protected<S> as GrpcService<Body>>::Error: Into<tonic::codegen::StdError>,
    <Protected<S> as GrpcService<Body>>::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <<Protected<S> as GrpcService<Body>>::ResponseBody as http_body::Body>::Error:
        Into<tonic::codegen::StdError> + Send,
{
    Client::new(CircuitBreakerLayer::with(rig.breaker.clone()).classify(rules).layer(service))
}

#[tokio::test]
async fn an_outage_shows_as_unavailable() {
    let ((channel, _server), rig) = (server().await, rig());
    let mut client = protected(&rig, channel, Grpc::new());
    assert_eq!(client.echo("hello").await.expect("an answer"), "hello");
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(client.echo("14").await.expect_err("unavailable").message(), "as asked");
    assert_eq!(rig.breaker.state(), State::Open);
    let rejected = client.echo("hello").await.expect_err("open");
    assert_eq!(rejected.code(), Code::Unavailable);
    assert_eq!(rejected.message(), "circuit breaker `svc` is open: call rejected, retry in 30s");
    rig.time.advance(OPEN);
    assert_eq!(client.echo("again").await.expect("an answer"), "again");
    assert_eq!((rig.breaker.state(), rig.counts()), (State::Closed, [2, 1, 0, 0, 0, 1, 0]));
}

#[tokio::test]
async fn codes_of_a_real_server_count_as_the_table_says() {
    let ((channel, _server), rig) = (server().await, with(&tripping().consecutive_failures(99)));
    let mut client = protected(&rig, channel, Grpc::new());
    for code in 1..=16 {
        let before = rig.counts();
        assert_eq!(client.echo(&code.to_string()).await.expect_err("a status").code(), Code::from_i32(code));
        let after = rig.counts();
        let expected = match code {
            2 | 4 | 13 | 14 | 15 => [0, 1, 0, 0, 0, 0, 0],
            1 | 8 => [0, 0, 0, 1, 0, 0, 0],
            _ => [1, 0, 0, 0, 0, 0, 0],
        };
        assert_eq!(std::array::from_fn(|n| after[n] - before[n]), expected, "{code}");
    }
}

#[tokio::test]
async fn a_pushback_opens_for_as_long() {
    let ((channel, _server), rig) = (server().await, rig());
    let mut client = protected(&rig, channel, Grpc::new().cooldown());
    assert_eq!(client.echo("8 45000").await.expect_err("exhausted").code(), Code::ResourceExhausted);
    assert_eq!(rig.breaker.metrics().retry_after, Some(Duration::from_secs(45)));
}

#[tokio::test]
async fn a_stream_ends_with_its_trailers() {
    let ((channel, _server), rig) = (server().await, rig());
    let mut client = protected(&rig, channel, Grpc::new());
    let mut stream = client.stream("0").await.expect("a stream");
    for n in 0..3 {
        assert_eq!(rig.breaker.metrics().in_flight, 1);
        assert_eq!(stream.message().await.expect("a message"), Some(n.to_string()));
    }
    assert_eq!(stream.message().await.expect("the end"), None);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    // Dropped after a message: neutral.
    let mut stream = client.stream("0").await.expect("a stream");
    stream.message().await.expect("a message");
    drop(stream);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 1, 0, 0]);
    // The headers say 200, and messages come; the trailers say that the call has failed.
    let mut stream = client.stream("13").await.expect("a stream");
    for _ in 0..3 {
        stream.message().await.expect("a message");
    }
    assert_eq!(stream.message().await.expect_err("the status").code(), Code::Internal);
    assert_eq!((rig.counts(), rig.breaker.state()), ([1, 1, 0, 0, 1, 0, 0], State::Open));
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_failure() {
    let ((channel, server), rig) = (server().await, rig());
    let mut client = protected(&rig, channel, Grpc::new());
    assert_eq!(client.echo("hello").await.expect("an answer"), "hello");
    let mut server = server;
    server.shutdown().await;
    assert!(client.echo("hello").await.is_err());
    assert_eq!((rig.counts(), rig.breaker.state()), ([1, 1, 0, 0, 0, 0, 0], State::Open));
}

#[tokio::test]
async fn a_timeout_shows_as_deadline_exceeded() {
    let rig = with(&tripping().request_timeout(Duration::from_secs(3)));
    let silent = tower::service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Steps>, &str>>());
    let mut client = protected(&rig, silent, Grpc::new());
    let call = tokio::spawn(async move { client.echo("hello").await });
    while rig.breaker.metrics().in_flight == 0 {
        tokio::task::yield_now().await;
    }
    rig.time.advance(Duration::from_secs(3));
    let status = call.await.expect("no panic").expect_err("timed out");
    assert_eq!((status.code(), rig.counts()), (Code::DeadlineExceeded, [0, 1, 1, 0, 0, 0, 0]));
}

/// Calls a service whose answer is this, and reads it to its end.
async fn counted(status: u16, headers: &[(&str, &str)], steps: Vec<Step>) -> [u64; 7] {
    let rig = rig();
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let mut response = response.body(Steps::new(steps)).ok();
    let service = tower::service_fn(move |()| ready(response.take().ok_or("called twice")));
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Grpc::new());
    let body = layer.layer(service).oneshot(()).await.expect("a response").into_body();
    let _ = http_body_util::BodyExt::collect(body).await;
    rig.counts()
}

fn trailers(code: &str) -> Step {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", code.parse().expect("a header value"));
    Some(Ok(Frame::trailers(trailers)))
}

#[tokio::test]
async fn the_status_is_where_the_protocol_has_it() {
    let (success, failure, ignored) = ([1, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(counted(200, &[], vec![data("x"), trailers("0")]).await, success);
    assert_eq!(counted(200, &[], vec![data("x"), trailers("14")]).await, failure);
    assert_eq!(counted(200, &[], vec![trailers("8")]).await, ignored);
    // Trailers only.
    assert_eq!(counted(200, &[("grpc-status", "5")], vec![]).await, success);
    assert_eq!(counted(200, &[("grpc-status", "13")], vec![]).await, failure);
    // No status, or a broken body.
    assert_eq!(counted(200, &[], vec![]).await, failure);
    assert_eq!(counted(200, &[], vec![data("x")]).await, failure);
    assert_eq!(counted(200, &[], vec![data("x"), Some(Ok(Frame::trailers(HeaderMap::new())))]).await, failure);
    assert_eq!(counted(200, &[], vec![data("x"), Some(Err("reset"))]).await, failure);
    // A proxy's answer.
    assert_eq!(counted(502, &[], vec![data("bad gateway")]).await, failure);
    assert_eq!(counted(401, &[], vec![]).await, success);
    assert_eq!(counted(429, &[], vec![]).await, ignored);
}

/// The status stands between the layer's error and the breaker's, so that both are found.
#[test]
fn the_status_is_in_the_chain() {
    let error = Error::from(breaker_core::Rejection::new("svc", RejectionReason::ForcedOpen));
    let mut chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| (*error).source());
    assert!(chain.any(|error| error.downcast_ref::<Status>().is_some_and(|status| status.code() == Code::Unavailable)));
    assert!(chain.any(<dyn std::error::Error>::is::<breaker_core::CircuitBreakerError>));
    assert!(chain.any(<dyn std::error::Error>::is::<RejectionReason>));
}
