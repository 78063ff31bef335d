//! The result of one health check.

use std::error::Error;
use std::iter::successors;

use crate::error::RejectionReason;

/// How a health check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Success,
    Failure(String),
    /// A breaker rejected a call of the check, so it says nothing about the service.
    Rejected(String),
}

impl Finding {
    pub(crate) fn of<E: Into<Box<dyn Error + Send + Sync>>>(result: Result<(), E>) -> Self {
        let Err(error) = result else { return Self::Success };
        let error = error.into();
        let text = error.to_string();
        if is_rejection(&*error) { Self::Rejected(text) } else { Self::Failure(text) }
    }
}

/// Whether the error is, or comes from, a rejection: the last source of every such error is a `RejectionReason`. The
/// other errors in the chain can't be used: they may have a type that can't be named here, such as `CallError<E>`, or
/// be skipped by the `source` of a wrapper such as `io::Error`.
fn is_rejection(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |&error| error.source()).any(<dyn Error>::is::<RejectionReason>)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::{fmt, io};

    use super::*;
    use crate::error::{CallError, CircuitBreakerError, Rejection};

    #[derive(Debug)]
    struct Wraps<E>(E);

    impl<E> fmt::Display for Wraps<E> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no rows")
        }
    }

    impl<E: Error + 'static> Error for Wraps<E> {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    fn rejected() -> CircuitBreakerError {
        Rejection::new("db", RejectionReason::HalfOpen).into()
    }

    #[test]
    fn a_rejection_is_found_by_its_type_wherever_it_is_in_the_chain() {
        let text = rejected().to_string();
        let rejection = Rejection::new("db", RejectionReason::HalfOpen);
        assert_eq!(Finding::of(Err(rejection)), Finding::Rejected(text.clone()));
        assert_eq!(Finding::of(Err(rejected())), Finding::Rejected(text.clone()));
        assert_eq!(Finding::of(Err(Wraps(rejected()))), Finding::Rejected("no rows".to_owned()));
        assert_eq!(Finding::of(Err(io::Error::other(rejected()))), Finding::Rejected(text.clone()));
        let call = CallError::<io::Error>::from(rejected());
        assert_eq!(Finding::of(Err(call)), Finding::Rejected(text.clone()));
        let inside = io::Error::other(CallError::<io::Error>::from(rejected()));
        let nested = Wraps(CallError::Inner(Wraps(inside)));
        assert_eq!(Finding::of(Err(nested)), Finding::Rejected("no rows".to_owned()));
        let boxed: Box<dyn Error + Send + Sync> = rejected().into();
        assert_eq!(Finding::of(Err(boxed)), Finding::Rejected(text.clone()));
        assert_eq!(Finding::of(Err(text.clone())), Finding::Failure(text), "a string has no error type");
    }

    #[test]
    fn everything_else_is_a_failure() {
        let timed_out = CircuitBreakerError::timed_out("db", Duration::from_secs(1));
        let call = CallError::<io::Error>::from(timed_out.clone());
        assert_eq!(Finding::of(Err(call)), Finding::Failure(timed_out.to_string()));
        assert_eq!(Finding::of(Err(Wraps(timed_out))), Finding::Failure("no rows".to_owned()));
        assert_eq!(Finding::of(Err("refused")), Finding::Failure("refused".to_owned()));
        assert_eq!(Finding::of(Ok::<_, String>(())), Finding::Success);
    }
}
