//! Outcomes of redis' answers and errors.

use std::error::Error as StdError;

use breaker_core::{Classify, Outcome, RejectionReason};
use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind, Value};

use crate::error::chain;

/// Classifies the results of redis' connections. [`Guarded`](crate::Guarded) uses it.
///
/// | error | outcome |
/// |---|---|
/// | I/O error, timeout, answer that is not Redis' protocol | failure |
/// | failed authentication, `NOAUTH`, `WRONGPASS` | failure |
/// | no node of the cluster is reachable; the sentinels know no such master or replica | failure |
/// | `LOADING`, `MASTERDOWN`, `CLUSTERDOWN`, `TRYAGAIN`, `READONLY`, `OOM`, `MISCONF`, `NOREPLICAS`, `BUSY` | failure |
/// | `ERR max number of clients reached` | failure |
/// | any other error of the server, such as `ERR`, `WRONGTYPE`, `NOSCRIPT`, `MOVED`, `ASK`, `CROSSSLOT`, `NOPERM` | success: it has answered |
/// | `EXECABORT` | that of the errors for which the server aborted the transaction |
/// | the answer doesn't convert to the caller's type | success |
/// | the command or the configuration is invalid, so nothing was sent | ignored |
/// | a rejection by another breaker | ignored |
///
/// A server's error may also be the answer of a command (`Ok(Value::ServerError)`), or of some commands of a pipeline. A
/// pipeline or a transaction fails if any of its errors is a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redis;

impl Classify<Result<Value, RedisError>> for Redis {
    #[inline]
    fn classify(&self, result: &Result<Value, RedisError>) -> Outcome {
        match result {
            Ok(Value::ServerError(error)) => of_server(error),
            Ok(_) => Outcome::Success,
            Err(error) => of_redis(error),
        }
    }
}

impl Classify<Result<Vec<Value>, RedisError>> for Redis {
    #[inline]
    fn classify(&self, result: &Result<Vec<Value>, RedisError>) -> Outcome {
        match result {
            Ok(values) if values.iter().any(has_failed) => Outcome::Failure,
            Ok(_) => Outcome::Success,
            Err(error) => of_redis(error),
        }
    }
}

/// Whether an answer in a pipeline is a failure. That of a transaction is an array of answers.
fn has_failed(value: &Value) -> bool {
    let is_failure = |value: &Value| matches!(value, Value::ServerError(error) if of_server(error).is_failure());
    match value {
        Value::Array(values) => values.iter().any(is_failure),
        value => is_failure(value),
    }
}

/// Classifies a result by its error, as [`Redis`] does: for functions with the attribute. `Ok` is a success.
///
/// The error may be a [`RedisError`], or any type that has one as its [source](StdError::source). One that is
/// `#[error(transparent)]` hides it: then every error counts as a failure. Write a message, or use [`error`].
///
/// ```
/// use breaker_core::{CircuitBreakerError, circuit_breaker};
/// use redis::{AsyncCommands, aio::MultiplexedConnection};
///
/// #[derive(Debug, thiserror::Error)]
/// enum SessionError {
///     #[error("the sessions can't be read")]
///     Redis(#[from] redis::RedisError),
///     #[error(transparent)]
///     Breaker(#[from] CircuitBreakerError),
/// }
///
/// #[circuit_breaker(service = "sessions-attribute", request_timeout = "1s", classify = breaker_redis::classify)]
/// async fn user(connection: &mut MultiplexedConnection, session: &str) -> Result<Option<u64>, SessionError> {
///     Ok(connection.hget(session, "user").await?)
/// }
/// ```
pub fn classify<T, E: StdError + 'static>(result: &Result<T, E>) -> Outcome {
    result.as_ref().map_or_else(|failure| error(failure), |_| Outcome::Success)
}

/// Classifies an error as [`Redis`] does: for classifiers of your own.
#[must_use]
pub fn error(error: &(dyn StdError + 'static)) -> Outcome {
    for inside in chain(error) {
        if let Some(error) = inside.downcast_ref::<RedisError>() {
            return if is_conversion(error) { Outcome::Success } else { of_redis(error) };
        }
        // The last source of every rejection.
        if inside.is::<RejectionReason>() {
            return Outcome::Ignore;
        }
    }
    Outcome::Failure
}

/// Whether an answer didn't convert to the caller's type. Redis has one kind for that and for bytes that are not its
/// protocol, whose message is that of a parser. Below the conversion, there are only the latter.
fn is_conversion(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Parse && !error.detail().is_some_and(|text| text.starts_with("Parse error at"))
}

/// Returns the outcome of the error of a connection.
pub(crate) fn of_redis(error: &RedisError) -> Outcome {
    match error.kind() {
        ErrorKind::Io => of_io(error),
        // Several errors, of which it shows one, and not the most important one.
        ErrorKind::Server(ServerErrorKind::ExecAbort) | ErrorKind::Extension => of_each(error),
        ErrorKind::Server(kind) if error.clone().into_server_errors().is_none() => of_kind(kind, None),
        ErrorKind::Server(_) => of_each(error),
        ErrorKind::UnexpectedReturnType => Outcome::Success,
        ErrorKind::InvalidClientConfig
        | ErrorKind::Client
        | ErrorKind::EmptySentinelList
        | ErrorKind::RESP3NotSupported => Outcome::Ignore,
        // Of redis' feature `json`: another crate may have it on.
        _ if error.category() == "serializing" => Outcome::Ignore,
        _ => Outcome::Failure,
    }
}

/// Rejections by a breaker are I/O errors, too.
fn of_io(error: &RedisError) -> Outcome {
    let is_rejection = chain(error).any(<dyn StdError>::is::<RejectionReason>);
    if is_rejection { Outcome::Ignore } else { Outcome::Failure }
}

/// Returns the outcome of an error that holds those of several commands.
fn of_each(error: &RedisError) -> Outcome {
    let errors = error.clone().into_server_errors();
    let has_failed = errors.is_some_and(|errors| errors.iter().any(|(_, error)| of_server(error).is_failure()));
    if has_failed { Outcome::Failure } else { Outcome::Success }
}

fn of_server(error: &ServerError) -> Outcome {
    match error.kind() {
        Some(kind) => of_kind(kind, error.details()),
        None => match error.code() {
            "OOM" | "MISCONF" | "NOREPLICAS" | "BUSY" | "NOAUTH" | "WRONGPASS" => Outcome::Failure,
            _ => Outcome::Success,
        },
    }
}

fn of_kind(kind: ServerErrorKind, details: Option<&str>) -> Outcome {
    match kind {
        ServerErrorKind::BusyLoading
        | ServerErrorKind::MasterDown
        | ServerErrorKind::ClusterDown
        | ServerErrorKind::TryAgain
        | ServerErrorKind::ReadOnly => Outcome::Failure,
        ServerErrorKind::ResponseError if details.is_some_and(|text| text.starts_with("max number of clients")) => {
            Outcome::Failure
        }
        _ => Outcome::Success,
    }
}
