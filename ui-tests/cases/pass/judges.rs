use breaker_core::{Outcome, Registry, circuit_breaker};
use ui_tests::Down;

fn is_ours(_: &Down) -> bool {
    true
}

#[circuit_breaker(service = "ignoring", ignore_if = is_ours)]
fn ignoring() -> Result<(), Down> {
    Err(Down)
}

#[circuit_breaker(service = "answering", failure_if = |_| false)]
async fn answering() -> Result<(), Down> {
    Err(Down)
}

#[circuit_breaker(service = "both", failure_if = |_| true, ignore_if = |error| *error == Down)]
fn both() -> Result<(), Down> {
    Err(Down)
}

#[circuit_breaker(service = "classifying", classify = |result| match result {
    Ok(0) => Outcome::Failure,
    Ok(_) => Outcome::Success,
    Err(_) => Outcome::Ignore,
})]
fn classifying(n: u32) -> Result<u32, Down> {
    Ok(n)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let counts = |service: &str| {
        let metrics = Registry::global().get(service).expect("listed").metrics();
        (metrics.successes, metrics.failures, metrics.ignored)
    };
    assert_eq!(ignoring(), Err(Down));
    assert_eq!(counts("ignoring"), (0, 0, 1));
    assert_eq!(answering().await, Err(Down));
    assert_eq!(counts("answering"), (1, 0, 0));
    assert_eq!(both(), Err(Down));
    assert_eq!(counts("both"), (0, 0, 1));
    assert_eq!((classifying(0), classifying(1)), (Ok(0), Ok(1)));
    assert_eq!(counts("classifying"), (1, 1, 0));
}
