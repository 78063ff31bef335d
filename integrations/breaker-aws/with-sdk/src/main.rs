//! Photos in S3, behind a circuit breaker, through an outage: `cargo run`.

use std::error::Error;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use breaker_aws::{CircuitBreakerInterceptor, rejection};
use breaker_aws_with_sdk::{Server, client, config};
use breaker_core::{CircuitBreaker, Config, State};
use servers::Proxy;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address);
    let settings =
        Config::builder().consecutive_failures(3).success_threshold(1).open_timeout(Duration::from_millis(500));
    let breaker = CircuitBreaker::new("photos", settings.build()?);

    // The one line.
    let config = config(proxy.address(), 2).interceptor(CircuitBreakerInterceptor::with(breaker.clone()));
    let photos = client(config);

    photos.put_object().bucket("photos").key("dog.jpg").body(ByteStream::from_static(b"woof")).send().await?;
    show(&photos, &breaker, "dog.jpg").await;
    show(&photos, &breaker, "cat.jpg").await;

    println!("S3 goes down");
    proxy.refuse();
    proxy.cut();
    for _ in 0..5 {
        show(&photos, &breaker, "dog.jpg").await;
    }
    println!("S3 is back");
    proxy.heal();
    while breaker.state() != State::Closed {
        tokio::time::sleep(Duration::from_millis(200)).await;
        show(&photos, &breaker, "dog.jpg").await;
    }
    let metrics = breaker.metrics();
    println!("{} successes, {} failures, {} rejections", metrics.successes, metrics.failures, metrics.rejections);
    Ok(())
}

async fn show(photos: &Client, breaker: &CircuitBreaker, key: &str) {
    let answer = match photos.get_object().bucket("photos").key(key).send().await {
        Ok(photo) => format!("{} bytes", photo.content_length().unwrap_or_default()),
        Err(error) => match (rejection(&error), error.as_service_error()) {
            (Some(rejection), _) => rejection.to_string(),
            (None, Some(answer)) => answer.to_string(),
            (None, None) => error.to_string(),
        },
    };
    println!("  {key}: {answer} (circuit: {})", breaker.state());
}
