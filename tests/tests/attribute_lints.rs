//! Lints of the user's code see through the attribute; trybuild silences `dead_code`, so that one is expected here.

use breaker_core::{CircuitBreakerError, circuit_breaker};

#[expect(dead_code, reason = "what is tested: an unused function is reported as such")]
#[circuit_breaker(service = "lints-dead")]
fn nobody_calls() -> Result<(), CircuitBreakerError> {
    Ok(())
}

#[expect(dead_code, reason = "what is tested: an unused function is reported as such")]
#[circuit_breaker(service = "lints-dead")]
async fn nobody_awaits() -> Result<(), CircuitBreakerError> {
    std::future::ready(Ok(())).await
}

#[expect(unused_variables, reason = "what is tested: lints look into the body")]
#[circuit_breaker(service = "lints-seen")]
fn only_looks(name: &str) -> Result<usize, CircuitBreakerError> {
    let nobody_reads = name.is_empty();
    Ok(name.len())
}

#[test]
fn a_function_that_is_called_is_not_dead() {
    assert_eq!(only_looks("abc"), Ok(3));
}
