use breaker_core::{Registry, circuit_breaker};
use ui_tests::Down;

#[circuit_breaker(service = "s", preset = "s3", request_timeout = off, failure_threshold = off, failure_rate = 0.5)]
async fn call() -> Result<(), Down> {
    Ok(())
}

#[circuit_breaker(service = "plain", request_timeout = off)]
fn plain() -> Result<(), Down> {
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(call().await.is_ok() && plain().is_ok());
    let config = Registry::global().get("s").expect("called").config();
    assert_eq!((config.failure_threshold(), config.failure_rate()), (None, Some(0.5)));
    // `request_timeout = off` applies to the function only: calls by hand still have the preset's timeout.
    assert_eq!(config.request_timeout(), Some(std::time::Duration::from_secs(30)));
    let explanation = Registry::global().explain("s").expect("called");
    assert!(explanation.values.iter().any(|value| value.of_function && value.value == "off"), "{explanation}");
}
