//! The error of a call through the layer.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use breaker_core::{CallError, CircuitBreakerError, Rejection};

#[cfg(feature = "tonic")]
mod refused;

#[cfg(feature = "tonic")]
use refused::Refused;

/// An error of any type, as tower's own middleware has it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The error of a call through a [`CircuitBreakerLayer`](crate::CircuitBreakerLayer): that of the breaker, which
/// rejected the call or cancelled it after its timeout, or that of the inner service.
///
/// Its message doesn't contain that error: print [`breaker`](Self::breaker) or [`inner`](Self::inner), or the chain of
/// sources. Its [source](StdError::source) is the [`CircuitBreakerError`], or the error of the inner service. With the feature
/// `tonic`, a `tonic::Status` stands between this error and the [`CircuitBreakerError`], so that generated clients show
/// a rejected call as `UNAVAILABLE` and one that timed out as `DEADLINE_EXCEEDED`.
///
/// ```
/// use breaker_core::{CircuitBreakerError, Rejection, RejectionReason};
/// use breaker_tower::Error;
///
/// let error = Error::from(Rejection::new("search", RejectionReason::ForcedOpen));
/// assert_eq!(error.to_string(), "the call of `search` was rejected");
/// assert!(error.is_rejected());
/// assert_eq!(error.breaker().map(CircuitBreakerError::service), Some("search"));
/// ```
#[derive(Debug)]
pub struct Error(Kind);

#[derive(Debug)]
enum Kind {
    Breaker(Refused),
    Inner(BoxError),
}

#[cfg(not(feature = "tonic"))]
type Refused = CircuitBreakerError;

impl Error {
    /// Wraps the error of the inner service. If it is an error of this type already (a layer around a layer), it is
    /// returned as it is.
    pub(crate) fn inner_error(error: impl Into<BoxError>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self(Kind::Inner(error)),
        }
    }

    /// Converts the error of a call, whose own error is converted by `inner`.
    pub(crate) fn of_call<E>(error: CallError<E>, inner: impl FnOnce(E) -> Self) -> Self {
        match error {
            CallError::Breaker(error) => error.into(),
            CallError::Inner(error) => inner(error),
        }
    }

    /// Returns the breaker's error, if the breaker rejected the call or cancelled it.
    #[must_use]
    pub fn breaker(&self) -> Option<&CircuitBreakerError> {
        match &self.0 {
            #[cfg(not(feature = "tonic"))]
            Kind::Breaker(error) => Some(error),
            #[cfg(feature = "tonic")]
            Kind::Breaker(refused) => Some(refused.error()),
            Kind::Inner(_) => None,
        }
    }

    /// Returns the error of the inner service, if the call was made and failed.
    #[must_use]
    pub fn inner(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        match &self.0 {
            Kind::Breaker(_) => None,
            Kind::Inner(error) => Some(&**error),
        }
    }

    /// Returns the error of the inner service, if the call was made and failed.
    ///
    /// # Errors
    /// Returns the breaker's error, if the breaker rejected the call or cancelled it.
    pub fn into_inner(self) -> Result<BoxError, CircuitBreakerError> {
        match self.0 {
            #[cfg(not(feature = "tonic"))]
            Kind::Breaker(error) => Err(error),
            #[cfg(feature = "tonic")]
            Kind::Breaker(refused) => Err(refused.into_error()),
            Kind::Inner(error) => Ok(error),
        }
    }

    /// Whether the call was rejected: the inner service was not called. Don't retry such a call before
    /// [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.breaker().is_some_and(CircuitBreakerError::is_rejected)
    }

    /// Whether the call was cancelled after the breaker's `request_timeout`. It may have had effects.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.breaker().is_some_and(CircuitBreakerError::is_timeout)
    }

    /// Returns how long to wait before retrying a rejected call, if that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.breaker().and_then(CircuitBreakerError::retry_after)
    }
}

impl From<CircuitBreakerError> for Error {
    fn from(error: CircuitBreakerError) -> Self {
        #[cfg(feature = "tonic")]
        let error = Refused::new(error);
        Self(Kind::Breaker(error))
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        CircuitBreakerError::from(rejection).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.breaker() {
            Some(error) if error.is_timeout() => write!(f, "the call of `{}` timed out", error.service()),
            Some(error) => write!(f, "the call of `{}` was rejected", error.service()),
            None => f.write_str("the call of the inner service failed"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            #[cfg(not(feature = "tonic"))]
            Kind::Breaker(error) => Some(error),
            #[cfg(feature = "tonic")]
            Kind::Breaker(refused) => Some(refused.status()),
            Kind::Inner(error) => Some(&**error),
        }
    }
}

/// Errors that can stand beside a rejection in [`Error`]. Implemented for every type that converts to
/// `Box<dyn std::error::Error + Send + Sync>`.
#[diagnostic::on_unimplemented(
    message = "the service's error `{Self}` can't be returned beside a rejection of the circuit breaker",
    label = "this error doesn't convert to `Box<dyn std::error::Error + Send + Sync>`",
    note = "implement `std::error::Error` for `{Self}`, and let it be `Send + Sync + 'static`",
    note = "or convert the error below the circuit breaker: `ServiceBuilder::new().layer(circuit_breaker).map_err(…)`"
)]
pub trait InnerError {
    /// Converts the error.
    fn into_box(self) -> BoxError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> InnerError for E {
    fn into_box(self) -> BoxError {
        self.into()
    }
}
