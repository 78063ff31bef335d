//! What one health check has found.

use std::error::Error;
use std::io;
use std::iter::successors;

use crate::error::{CircuitBreakerError, Rejection};

/// How a health check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Success,
    Failure(String),
    /// A breaker rejected what the check called: no news of the service.
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

/// Whether it is, or comes from, a rejection.
fn is_rejection(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |error| cause_of(*error))
        .any(|error| error.is::<Rejection>() || matches!(error.downcast_ref(), Some(CircuitBreakerError::Rejected(_))))
}

/// The source of an error; of an `io::Error` what it wraps, which its `source` skips.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped as &'a (dyn Error + 'static)),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::time::Duration;

    use super::*;
    use crate::error::RejectionReason;

    #[derive(Debug)]
    struct Wraps(CircuitBreakerError);

    impl fmt::Display for Wraps {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no rows")
        }
    }

    impl Error for Wraps {
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
        let boxed: Box<dyn Error + Send + Sync> = rejected().into();
        assert_eq!(Finding::of(Err(boxed)), Finding::Rejected(text.clone()));
        assert_eq!(Finding::of(Err(text.clone())), Finding::Failure(text), "a text has no type");
    }

    #[test]
    fn everything_else_is_a_failure() {
        let timed_out = CircuitBreakerError::timed_out("db", Duration::from_secs(1));
        assert_eq!(Finding::of(Err(Wraps(timed_out))), Finding::Failure("no rows".to_owned()));
        assert_eq!(Finding::of(Err("refused")), Finding::Failure("refused".to_owned()));
        assert_eq!(Finding::of(Ok::<_, String>(())), Finding::Success);
    }
}
