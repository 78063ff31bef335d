//! Without the attribute: a breaker of your own, around a call or around any span of code.

use std::error::Error;
use std::io;

use breaker_core::{CircuitBreaker, Config};

/// Stands for a call over the network.
async fn deliver(up: bool) -> Result<&'static str, io::Error> {
    tokio::task::yield_now().await;
    if up { Ok("delivered") } else { Err(io::ErrorKind::ConnectionRefused.into()) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::builder().consecutive_failures(2).build()?;
    let mail = CircuitBreaker::new("mail", config);
    mail.on_event(|event| println!("  event: {event}"));

    println!("a call: the breaker sees how the future ends");
    println!("  {}", mail.call_async(deliver(true)).await?);

    println!("a permit: you say how it ended");
    for _ in 0..2 {
        let permit = mail.try_acquire()?;
        match deliver(false).await {
            Ok(_) => permit.success(),
            Err(_) => permit.failure(),
        }
    }
    match mail.try_acquire() {
        Ok(_) => return Err("two failures in a row should have opened it".into()),
        Err(rejection) => println!("  {rejection}"),
    }

    let metrics = mail.metrics();
    println!(
        "{} is {}: {} requests, {} rejected",
        metrics.service, metrics.state, metrics.requests, metrics.rejections
    );
    Ok(())
}
