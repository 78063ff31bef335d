//! Lints still see the user's code through the attribute. trybuild silences `dead_code`, so that lint is expected here.

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

#[expect(unused_mut, reason = "what is tested: nothing changes the parameter")]
#[circuit_breaker(service = "lints-seen")]
fn never_changes(mut name: String, mut length: usize) -> Result<usize, CircuitBreakerError> {
    length += 1;
    Ok(name.len() + length)
}

#[expect(unused_mut, reason = "what is tested: neither the body nor the fallback assigns to the reference")]
#[circuit_breaker(service = "lints-seen", fallback = first)]
fn never_assigns(mut bytes: &mut [u8]) -> Result<u8, CircuitBreakerError> {
    bytes[0] += 1;
    Ok(bytes[0])
}

#[expect(clippy::unnecessary_wraps, clippy::needless_pass_by_ref_mut, reason = "a fallback has this shape")]
fn first(bytes: &mut [u8], _: CircuitBreakerError) -> Result<u8, CircuitBreakerError> {
    Ok(bytes[0])
}

#[expect(unused_variables, reason = "what is tested: a method of the same name in the body is no use of the parameter")]
#[circuit_breaker(service = "lints-seen")]
async fn never_reads(len: String, name: String) -> Result<usize, CircuitBreakerError> {
    std::future::ready(Ok(name.len())).await
}

/// A path instead of the closure would also get the parameter, so clippy must not suggest one.
#[circuit_breaker(service = "lints-seen", fallback = |error| reject(error))]
fn calls_in_a_closure(id: u32) -> Result<u32, CircuitBreakerError> {
    Ok(id)
}

fn reject(error: CircuitBreakerError) -> Result<u32, CircuitBreakerError> {
    Err(error)
}

/// The parameter is named only so that the fallback gets it.
#[circuit_breaker(service = "lints-seen", fallback = of_id)]
fn leaves_to_the_fallback(_id: u32) -> Result<u32, CircuitBreakerError> {
    Ok(1)
}

#[expect(clippy::unnecessary_wraps, reason = "a fallback has this shape")]
fn of_id(id: u32, _: CircuitBreakerError) -> Result<u32, CircuitBreakerError> {
    Ok(id)
}

#[test]
fn lints_leave_what_only_a_fallback_uses() {
    assert_eq!((calls_in_a_closure(1), leaves_to_the_fallback(2)), (Ok(1), Ok(1)));
    assert_eq!(never_changes(String::new(), 1), Ok(2));
    assert_eq!(never_assigns(&mut [7]), Ok(8));
    assert_eq!(breaker_tests::block_on(never_reads(String::new(), String::new())), Ok(0));
}

#[test]
fn a_function_that_is_called_is_not_dead() {
    assert_eq!(only_looks("abc"), Ok(3));
}
