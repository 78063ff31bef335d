//! `Display`, `Error` and `From` of the errors. Written by hand, so that users of this crate need not compile a derive
//! macro.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::fault::ConfigError;
use super::human::{Human, round_up};
use super::{CallError, CircuitBreakerError, Rejection, RejectionReason};

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.reason {
            RejectionReason::Open => "is open",
            RejectionReason::HalfOpen => "is half-open and all its probes are in flight",
            RejectionReason::ForcedOpen => "is forced open",
        };
        write!(f, "circuit breaker `{}` {why}: call rejected", self.service)?;
        match self.retry_after {
            Some(Duration::ZERO) => f.write_str(", retry now"),
            Some(after) => write!(f, ", retry in {}", Human(round_up(after))),
            None => Ok(()),
        }
    }
}

/// The last source of every error that comes from a rejection, even if a wrapper forwards only the source of the error
/// that it holds. Its message differs from that of the rejection, so that a printed chain repeats no message.
impl Error for RejectionReason {}

impl Error for Rejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}

impl From<Rejection> for CircuitBreakerError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl fmt::Display for CircuitBreakerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::TimedOut { service, timeout } => {
                write!(f, "circuit breaker `{service}`: call timed out after {}", Human(*timeout))
            }
        }
    }
}

impl Error for CircuitBreakerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Rejected(rejection) => rejection.source(),
            Self::TimedOut { .. } => None,
        }
    }
}

impl<E> From<CircuitBreakerError> for CallError<E> {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Breaker(error) => error.fmt(f),
            Self::Inner(error) => error.fmt(f),
        }
    }
}

impl<E: Error> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Breaker(error) => error.source(),
            Self::Inner(error) => error.source(),
        }
    }
}

impl Error for ConfigError {}
