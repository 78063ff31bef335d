//! A client whose service has an outage: requests fail fast until the service has recovered, and retries end when the
//! circuit opens.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use breaker_core::{CircuitBreaker, Config};
use breaker_reqwest::{CircuitBreakerMiddleware, rejection};
use reqwest_middleware::ClientBuilder;
use reqwest_retry::{RetryDecision, RetryPolicy, RetryTransientMiddleware};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Twice, each time after 50 ms. The retry policies of reqwest-retry are exponential.
struct Twice;

impl RetryPolicy for Twice {
    fn should_retry(&self, _: SystemTime, past_retries: u32) -> RetryDecision {
        match past_retries {
            0..2 => RetryDecision::Retry { execute_after: SystemTime::now() + Duration::from_millis(50) },
            _ => RetryDecision::DoNotRetry,
        }
    }
}

/// A service of quotes, as small as possible: one request for each connection.
async fn serve(listener: TcpListener, is_up: Arc<AtomicBool>) -> std::io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        // The request fits in one packet.
        let _ = stream.read(&mut [0; 4096]).await?;
        let (status, body) =
            if is_up.load(Ordering::Relaxed) { ("200 OK", "42") } else { ("503 Service Unavailable", "") };
        println!("  the service answers {status}");
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes()).await?;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let is_up = Arc::new(AtomicBool::new(true));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/ACME", listener.local_addr()?);
    tokio::spawn(serve(listener, Arc::clone(&is_up)));

    let config = Config::builder().consecutive_failures(4).success_threshold(1).open_timeout(Duration::from_secs(1));
    let breaker = CircuitBreaker::new("quotes", config.build()?);
    breaker.on_event(|event| println!("  event: {event}"));
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(RetryTransientMiddleware::new_with_policy(Twice))
        // After the retries, so that each attempt asks the breaker.
        .with(CircuitBreakerMiddleware::with(breaker.clone()))
        .build();

    for request in 1..=5 {
        println!("request {request}");
        match request {
            2 => is_up.store(false, Ordering::Relaxed),
            5 => is_up.store(true, Ordering::Relaxed),
            _ => {}
        }
        match client.get(&url).send().await {
            Ok(response) => println!("  status {}, body {:?}", response.status(), response.text().await?),
            Err(error) => {
                println!("  {error}");
                if let Some(rejection) = rejection(&error) {
                    println!("  {rejection}");
                    if request == 4 {
                        tokio::time::sleep(rejection.retry_after.unwrap_or_default()).await;
                    }
                }
            }
        }
    }
    let metrics = breaker.metrics();
    println!("{} requests, of which {} were rejected", metrics.requests, metrics.rejections);
    Ok(())
}
