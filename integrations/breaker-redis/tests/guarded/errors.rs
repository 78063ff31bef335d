//! What errors count as. `tests/servers/tests/redis` provokes them from real servers.

use std::error::Error as StdError;
use std::io;

use breaker_core::{CircuitBreakerError, Classify as _, Outcome, Rejection, RejectionReason};
use breaker_redis::{CacheCircuitBreakerError, Redis, classify, error, redis_error};
use redis::{ErrorKind, RedisError, Value};

use crate::rig::parsed;

/// Each error of a server, and whether it is a failure.
const ANSWERS: [(&str, bool); 19] = [
    ("LOADING Redis is loading the dataset in memory", true),
    ("MASTERDOWN Link with MASTER is down", true),
    ("CLUSTERDOWN The cluster is down", true),
    ("TRYAGAIN Multiple keys request during rehashing of slot", true),
    ("READONLY You can't write against a read only replica.", true),
    ("OOM command not allowed when used memory > 'maxmemory'.", true),
    ("MISCONF Errors writing to the AOF file", true),
    ("NOREPLICAS Not enough good replicas to write.", true),
    ("BUSY Redis is busy running a script.", true),
    ("NOAUTH Authentication required.", true),
    ("WRONGPASS invalid username-password pair", true),
    ("ERR max number of clients reached", true),
    ("ERR unknown command", false),
    ("WRONGTYPE Operation against a key holding the wrong kind of value", false),
    ("NOSCRIPT No matching script.", false),
    ("MOVED 3999 127.0.0.1:6381", false),
    ("ASK 3999 127.0.0.1:6381", false),
    ("CROSSSLOT Keys in request don't hash to the same slot", false),
    ("NOPERM this user has no permissions to run the 'get' command", false),
];

fn outcome(is_failure: bool) -> Outcome {
    if is_failure { Outcome::Failure } else { Outcome::Success }
}

#[test]
fn answers_count_by_their_code() {
    for (text, is_failure) in ANSWERS {
        let answer = parsed(&format!("-{text}\r\n"));
        let expected = outcome(is_failure);
        assert_eq!(Redis.classify(&Ok(answer.clone())), expected, "{text}");
        assert_eq!(Redis.classify(&Ok(vec![Value::Okay, answer.clone()])), expected, "{text}");
        let error = answer.extract_error().expect_err("it is an error");
        assert_eq!(classify(&Err::<(), _>(error.clone())), expected, "{text}");
        assert_eq!(Redis.classify(&Err::<Value, _>(error)), expected, "{text}");
    }
    assert_eq!(Redis.classify(&Ok(Value::Nil)), Outcome::Success);
    assert_eq!(classify(&Ok::<_, RedisError>(())), Outcome::Success);
}

#[test]
fn errors_of_the_client_count_by_their_kind() {
    let kinds = [
        (ErrorKind::AuthenticationFailed, Outcome::Failure),
        (ErrorKind::ClusterConnectionNotFound, Outcome::Failure),
        (ErrorKind::MasterNameNotFoundBySentinel, Outcome::Failure),
        (ErrorKind::NoValidReplicasFoundBySentinel, Outcome::Failure),
        (ErrorKind::Io, Outcome::Failure),
        (ErrorKind::UnexpectedReturnType, Outcome::Success),
        (ErrorKind::Extension, Outcome::Success),
        (ErrorKind::InvalidClientConfig, Outcome::Ignore),
        (ErrorKind::Client, Outcome::Ignore),
        (ErrorKind::EmptySentinelList, Outcome::Ignore),
        (ErrorKind::RESP3NotSupported, Outcome::Ignore),
    ];
    for (kind, expected) in kinds {
        let error = RedisError::from((kind, "a test"));
        assert_eq!(classify(&Err::<(), _>(error.clone())), expected, "{kind:?}");
        assert_eq!(Redis.classify(&Err::<Value, _>(error)), expected, "{kind:?}");
    }
    for kind in [io::ErrorKind::ConnectionRefused, io::ErrorKind::TimedOut, io::ErrorKind::PermissionDenied] {
        assert_eq!(classify(&Err::<(), _>(RedisError::from(io::Error::from(kind)))), Outcome::Failure, "{kind}");
    }
}

#[test]
fn a_value_of_another_type_is_no_failure_but_another_protocol_is() {
    let conversion = redis::from_redis_value::<u32>(Value::SimpleString("x".into())).expect_err("it is no number");
    assert_eq!(classify(&Err::<(), _>(RedisError::from(conversion))), Outcome::Success);
    let protocol = redis::parse_redis_value(b"HTTP/1.1 400 Bad Request\r\n").expect_err("it is not Redis");
    assert_eq!(protocol.kind(), ErrorKind::Parse);
    assert_eq!(classify(&Err::<(), _>(protocol.clone())), Outcome::Failure);
    assert_eq!(Redis.classify(&Err::<Value, _>(protocol)), Outcome::Failure);
}

#[derive(Debug, thiserror::Error)]
enum OwnError {
    #[error("the sessions can't be read")]
    Redis(#[from] RedisError),
    #[error("something else")]
    Other,
}

#[test]
fn errors_are_found_below_the_caller_s_own() {
    let own = |text: &str| OwnError::from(parsed(text).extract_error().expect_err("it is an error"));
    assert_eq!(classify(&Err::<(), _>(own("-WRONGTYPE no list\r\n"))), Outcome::Success);
    assert_eq!(classify(&Err::<(), _>(own("-READONLY no writes\r\n"))), Outcome::Failure);
    assert_eq!(error(&OwnError::Other), Outcome::Failure);
}

#[test]
fn the_breaker_s_errors_are_found_and_the_rejection_of_another_breaker_is_neutral() {
    let rejection = Rejection::new("inner", RejectionReason::Open);
    let redis = RedisError::from(CacheCircuitBreakerError::from(rejection.clone()));
    let own = OwnError::from(redis.clone());
    let found = CacheCircuitBreakerError::find(&own).expect("it is inside");
    assert_eq!(Some(found), CacheCircuitBreakerError::from_redis(&redis));
    assert_eq!(found.breaker(), &CircuitBreakerError::from(rejection));
    let source = StdError::source(found).expect("it has one");
    assert_eq!(source.downcast_ref::<CircuitBreakerError>(), Some(found.breaker()));
    for error in [&own as &(dyn StdError + 'static), &redis, found] {
        assert_eq!(breaker_redis::error(error), Outcome::Ignore, "{error}");
    }
    assert_eq!(Redis.classify(&Err::<Value, _>(redis)), Outcome::Ignore);

    // A timeout of the inner breaker is a failure of the service.
    let timeout = redis_error(CircuitBreakerError::timed_out("inner", std::time::Duration::from_secs(1)));
    assert_eq!(error(&timeout), Outcome::Failure);
    assert_eq!(CacheCircuitBreakerError::from_redis(&RedisError::from((ErrorKind::Io, "a test"))), None);
}
