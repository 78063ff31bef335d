//! The attribute with redis' errors.

use breaker_core::{Mode, Registry, circuit_breaker};
use breaker_redis::CacheCircuitBreakerError;
use redis::RedisResult;

use crate::rig::parsed;

#[circuit_breaker(
    service = "attribute-redis",
    classify = breaker_redis::classify,
    map_error = breaker_redis::redis_error,
)]
fn command(answer: &str) -> RedisResult<String> {
    Ok(redis::from_redis_value(parsed(answer).extract_error()?)?)
}

#[test]
fn functions_return_redis_errors() {
    let metrics = || Registry::global().get("attribute-redis").expect("it is known").metrics();
    assert_eq!(command("+hello\r\n").expect("it is a text"), "hello");
    command("-WRONGTYPE no list\r\n").expect_err("it is an error");
    command("*0\r\n").expect_err("it is no text");
    assert_eq!((metrics().successes, metrics().failures), (3, 0));
    command("-LOADING wait\r\n").expect_err("it is an error");
    assert_eq!((metrics().successes, metrics().failures), (3, 1));

    Registry::global().get("attribute-redis").expect("it is known").set_mode(Mode::ForcedOpen);
    let error = command("+hello\r\n").expect_err("it is rejected");
    assert!(CacheCircuitBreakerError::from_redis(&error).is_some_and(CacheCircuitBreakerError::is_rejected));
}
