//! Retry around the breaker, with backon: each attempt is a call, and a rejection ends the series.

use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use breaker_core::{CircuitBreakerError, Registry, State, circuit_breaker};

#[derive(Debug)]
enum MailError {
    Unreachable,
    Breaker(CircuitBreakerError),
}

impl From<CircuitBreakerError> for MailError {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

impl MailError {
    /// While the circuit is open, another attempt would be rejected as well.
    fn is_worth_a_retry(&self) -> bool {
        !matches!(self, Self::Breaker(error) if error.is_rejected())
    }
}

#[circuit_breaker(service = "mail", consecutive_failures = 3)]
async fn deliver(_message: &str) -> Result<(), MailError> {
    Err(MailError::Unreachable)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let pauses = ConstantBuilder::default().with_delay(Duration::from_millis(1)).with_max_times(10);
    let result = (|| deliver("hello")).retry(pauses).when(MailError::is_worth_a_retry).await;
    println!("{result:?}");

    let mail = Registry::global().get("mail").expect("named by the attribute").metrics();
    println!("{} attempts reached the server, {} was rejected", mail.failures, mail.rejections);
    assert!(matches!(result, Err(MailError::Breaker(_))));
    assert_eq!((mail.state, mail.failures, mail.rejections), (State::Open, 3, 1));
}
