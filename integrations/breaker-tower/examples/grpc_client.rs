//! A tonic client behind a circuit breaker, and a server that fails for a while. The parts that `tonic-build` would
//! generate are written by hand, so that the example needs no `protoc`.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config};
use breaker_tower::{BoxError, CircuitBreakerLayer, Grpc};
use bytes::{Buf, BufMut};
use http::uri::PathAndQuery;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::UnaryService;
use tonic::transport::Endpoint;
use tonic::{Request, Response, Status};
use tower::ServiceBuilder;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = Endpoint::from_shared(format!("http://{}", listener.local_addr()?))?;
    tokio::spawn(serve(listener));

    let config =
        Config::builder().consecutive_failures(3).open_timeout(Duration::from_millis(500)).success_threshold(1);
    let breaker = CircuitBreaker::new("greeter", config.build()?);
    let channel = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::with(breaker.clone()).classify(Grpc::new()))
        .service(endpoint.connect_lazy());

    // With generated code: `let mut client = GreeterClient::new(channel);`
    let mut client = tonic::client::Grpc::new(channel);
    for n in 1..=12 {
        client.ready().await?;
        let wait = breaker.peek().err().and_then(|rejection| rejection.retry_after);
        let path = PathAndQuery::from_static("/hello.Greeter/Greet");
        match client.unary(Request::new("Ada".to_owned()), path, Text).await {
            Ok(response) => println!("{n:2}: {} ({})", response.into_inner(), breaker.state()),
            Err(status) => {
                println!("{n:2}: {:?}: {}", status.code(), status.message());
                tokio::time::sleep(wait.unwrap_or_default()).await;
            }
        }
    }
    let metrics = breaker.metrics();
    println!("{} successes, {} failures, {} rejections", metrics.successes, metrics.failures, metrics.rejections);
    Ok(())
}

/// Fails calls 4 to 6.
#[derive(Clone, Default)]
struct Greeter(Arc<AtomicU32>);

impl UnaryService<String> for Greeter {
    type Response = String;
    type Future = Ready<Result<Response<String>, Status>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let fails = (4..=6).contains(&(self.0.fetch_add(1, Ordering::Relaxed) + 1));
        let greeting = format!("Hello, {}!", request.into_inner());
        ready(if fails { Err(Status::unavailable("out of order")) } else { Ok(Response::new(greeting)) })
    }
}

async fn serve(listener: TcpListener) {
    let greeter = Greeter::default();
    while let Ok((stream, _)) = listener.accept().await {
        let greeter = greeter.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let greeter = greeter.clone();
                async move { Ok::<_, Infallible>(tonic::server::Grpc::new(Text).unary(greeter, request).await) }
            });
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

/// Messages that are text, in place of protobuf.
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
