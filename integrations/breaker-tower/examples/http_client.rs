//! A hyper client behind a circuit breaker, and a server that fails for a while.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config};
use breaker_tower::{BoxError, CircuitBreakerLayer, Http};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt};

/// Answers requests 4 to 6 with 503, others with 200.
async fn serve(listener: TcpListener) {
    let seen = Arc::new(AtomicU32::new(0));
    while let Ok((stream, _)) = listener.accept().await {
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            let answer = service_fn(move |_| {
                let status = if (4..=6).contains(&(seen.fetch_add(1, Ordering::Relaxed) + 1)) { 503 } else { 200 };
                async move {
                    let mut response = Response::new(Empty::<Bytes>::new());
                    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
                    Ok::<_, Infallible>(response)
                }
            });
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let uri = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(serve(listener));

    let config =
        Config::builder().consecutive_failures(3).open_timeout(Duration::from_millis(500)).success_threshold(1);
    let breaker = CircuitBreaker::new("quotes", config.build()?);
    let mut client = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::with(breaker.clone()).classify(Http::new()))
        .service(Client::builder(TokioExecutor::new()).build_http());

    for n in 1..=12 {
        let request = Request::get(&uri).body(Empty::<Bytes>::new())?;
        match client.ready().await?.call(request).await {
            Ok(response) => println!("{n:2}: {} ({})", response.status(), breaker.state()),
            Err(error) => {
                println!("{n:2}: {error}; waiting {:?}", error.retry_after());
                tokio::time::sleep(error.retry_after().unwrap_or_default()).await;
            }
        }
    }
    let metrics = breaker.metrics();
    println!("{} successes, {} failures, {} rejections", metrics.successes, metrics.failures, metrics.rejections);
    Ok(())
}
