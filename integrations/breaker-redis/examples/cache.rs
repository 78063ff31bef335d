//! A cache whose server is down: `cargo run -p breaker-redis --example cache --features connection-manager`.
//!
//! Values are loaded each time, callers get no error, and after ten failures nothing is sent any more. With the variable
//! `REDIS_URL`, it uses that server, and the second read is a hit.

use std::convert::Infallible;
use std::time::Duration;

use breaker_core::Registry;
use breaker_redis::{Cache, Connection, Guarded};

#[tokio::main]
async fn main() -> Result<(), redis::RedisError> {
    // Nothing listens on port 1.
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:1/".to_owned());
    let cache = Cache::new(Guarded::new("names", Connection::new(redis::Client::open(url)?)?));
    Registry::global().on_event(|event| println!("    {event}"));

    for read in 1..=8 {
        let Ok(name) = cache
            .get_or_load("names:7", Some(Duration::from_secs(60)), || async {
                println!("    loaded from the database");
                Ok::<_, Infallible>("Ada".to_owned())
            })
            .await;
        println!("read {read}: {name}");
    }
    let metrics = cache.breaker().metrics();
    println!(
        "{} commands: {} failed, {} were rejected; {} times without the cache",
        metrics.requests, metrics.failures, metrics.rejections, metrics.fallback_successes
    );
    Ok(())
}
