//! A server whose database has an outage: clients get a quick 503 that says when to come back, until it has recovered.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use breaker_core::{CircuitBreaker, Config};
use breaker_tower::ServerLayer;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

async fn reviews(State(database): State<Arc<AtomicBool>>) -> (StatusCode, &'static str) {
    if database.load(Ordering::Relaxed) {
        (StatusCode::OK, "all reviews")
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, "no connection to the database")
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::builder().consecutive_failures(3).success_threshold(1).open_timeout(Duration::from_secs(1));
    let breaker = CircuitBreaker::new("database", config.build()?);
    breaker.on_event(|event| println!("  event: {event}"));

    let database = Arc::new(AtomicBool::new(true));
    let app = Router::new()
        .route("/reviews", get(reviews))
        .route_layer(ServerLayer::with(breaker))
        .with_state(Arc::clone(&database));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let uri: Uri = format!("http://{}/reviews", listener.local_addr()?).parse()?;
    tokio::spawn(async { axum::serve(listener, app).await });

    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    for request in 1..=6 {
        match request {
            2 => database.store(false, Ordering::Relaxed),
            6 => database.store(true, Ordering::Relaxed),
            _ => {}
        }
        let response = client.get(uri.clone()).await?;
        println!("request {request}: {}", response.status());
        let wait = response.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
        let body = response.into_body().collect().await?.to_bytes();
        println!("  {}", String::from_utf8_lossy(&body));
        if let Some(wait) = wait {
            println!("  the client waits {wait} s");
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
    }
    Ok(())
}
