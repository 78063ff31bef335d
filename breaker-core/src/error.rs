//! Errors: a call that was rejected or timed out, and an invalid configuration.
//!
//! Every message names the service, and every configuration fault says what to write instead.

mod fault;
mod human;
mod traits;

use std::fmt;
use std::time::Duration;

pub use fault::{ConfigError, ConfigFault};
pub(crate) use human::{Human, round_down};

/// Why a breaker rejected a call. More reasons may be added.
///
/// It is the [source](std::error::Error::source) of a [`Rejection`], and of the errors that hold one:
/// [`CircuitBreakerError`], [`CallError`]. To find out whether an error comes from a rejection, also where other errors
/// wrap it, look for a `RejectionReason` in its chain of sources.
///
/// ```
/// use breaker_core::{CallError, Rejection, RejectionReason};
/// use std::error::Error;
///
/// let error: CallError<std::io::Error> = Rejection::new("s3", RejectionReason::Open).into();
/// let source = error.source().and_then(|source| source.downcast_ref());
/// assert_eq!(source, Some(&RejectionReason::Open));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionReason {
    /// The circuit is open, and its open timeout is not over.
    Open,
    /// The circuit is half-open, and as many probes as `half_open_max_calls` allows are in flight.
    HalfOpen,
    /// The circuit is forced open, by a mode or an isolation; it stays so until that ends.
    ForcedOpen,
}

impl RejectionReason {
    /// Returns the reason as metrics write it: `"open"`, `"half_open"` or `"forced_open"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
        }
    }
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A call that was rejected: the protected code has not run.
///
/// It needs no allocation, because names of services are interned: they are never freed, so don't put the identity of a
/// user or a request into one. More fields may be added.
///
/// ```
/// use breaker_core::{Rejection, RejectionReason};
/// use std::time::Duration;
///
/// // Breakers create rejections; tests can, too.
/// let rejected = Rejection::new("s3", RejectionReason::Open).with_retry_after(Duration::from_millis(11_200));
/// assert_eq!(rejected.to_string(), "circuit breaker `s3` is open: call rejected, retry in 12s");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The service whose breaker rejected the call.
    pub service: &'static str,
    /// Why it was rejected.
    pub reason: RejectionReason,
    /// How long until the breaker admits a probe; `None` if that is unknown (forced open, or half-open with all probes
    /// in flight).
    pub retry_after: Option<Duration>,
}

impl Rejection {
    /// Creates a rejection without a `retry_after`, for tests of fallbacks and error types.
    #[must_use]
    pub const fn new(service: &'static str, reason: RejectionReason) -> Self {
        Self { service, reason, retry_after: None }
    }

    /// Sets the time until a probe is admitted.
    #[must_use]
    pub const fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// [`retry_after`](Self::retry_after) in whole seconds, rounded up and at least 1: the value of the HTTP header
    /// `Retry-After`. A client that waits this long never retries too early.
    ///
    /// ```
    /// use breaker_core::{Rejection, RejectionReason};
    /// use std::time::Duration;
    ///
    /// let rejected = Rejection::new("s3", RejectionReason::Open).with_retry_after(Duration::from_millis(11_200));
    /// assert_eq!(rejected.retry_after_secs(), Some(12));
    /// assert_eq!(Rejection::new("s3", RejectionReason::ForcedOpen).retry_after_secs(), None);
    /// ```
    #[must_use]
    pub const fn retry_after_secs(&self) -> Option<u64> {
        match self.retry_after {
            None => None,
            Some(after) if after.is_zero() => Some(1),
            Some(after) => Some(after.as_secs().saturating_add((after.subsec_nanos() > 0) as u64)),
        }
    }
}

/// An error of the breaker itself, not of the protected code: the call was rejected or timed out.
///
/// It is converted to the error type of an annotated function by `From<CircuitBreakerError>`, or by the argument
/// `map_error`. More variants and fields may be added.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CircuitBreakerError {
    /// The call was rejected; the protected code has not run.
    Rejected(Rejection),
    /// The call was cancelled after its `request_timeout`. It may have had effects.
    #[non_exhaustive]
    TimedOut {
        /// The service that was called.
        service: &'static str,
        /// The `request_timeout` that has passed.
        timeout: Duration,
    },
}

impl CircuitBreakerError {
    /// Creates a timeout, for tests of fallbacks and error types.
    #[must_use]
    pub const fn timed_out(service: &'static str, timeout: Duration) -> Self {
        Self::TimedOut { service, timeout }
    }

    /// Whether the call was rejected: the protected code has not run.
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        matches!(self, Self::Rejected(_))
    }

    /// Whether the call was cancelled after its `request_timeout`. It may have had effects.
    ///
    /// ```
    /// use breaker_core::CircuitBreakerError;
    /// use std::time::Duration;
    ///
    /// let error = CircuitBreakerError::timed_out("s3", Duration::from_secs(2));
    /// assert!(error.is_timeout() && !error.is_rejected());
    /// ```
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::TimedOut { .. })
    }

    /// Returns the name of the service that was, or would have been, called.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.service,
            Self::TimedOut { service, .. } => service,
        }
    }

    /// Returns how long to wait before retrying a rejected call, if that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected(rejection) => rejection.retry_after,
            Self::TimedOut { .. } => None,
        }
    }

    /// [`retry_after`](Self::retry_after) in whole seconds, rounded up and at least 1: the value of the HTTP header
    /// `Retry-After`.
    #[must_use]
    pub const fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::Rejected(rejection) => rejection.retry_after_secs(),
            Self::TimedOut { .. } => None,
        }
    }
}

/// The error of a call through a breaker: the breaker's own error, or that of the protected code.
///
/// It implements `Display` and [`Error`](std::error::Error) if `E` does; message and source are those of the error that
/// it holds.
///
/// ```
/// use breaker_core::CallError;
///
/// let error: CallError<&str> = CallError::Inner("no such key");
/// assert_eq!(error.to_string(), "no such key");
/// assert_eq!(error.into_inner(), Some("no such key"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError<E> {
    /// The breaker rejected the call, or cancelled it after its timeout.
    Breaker(CircuitBreakerError),
    /// The protected code ran and failed.
    Inner(E),
}

impl<E> From<Rejection> for CallError<E> {
    fn from(rejection: Rejection) -> Self {
        Self::Breaker(rejection.into())
    }
}

impl<E> CallError<E> {
    /// Returns the error of the protected code, if it ran and failed.
    #[must_use]
    pub fn into_inner(self) -> Option<E> {
        match self {
            Self::Breaker(_) => None,
            Self::Inner(error) => Some(error),
        }
    }

    /// Converts the error to the type of the protected code's errors, if that can hold the breaker's errors.
    ///
    /// ```
    /// use breaker_core::{CallError, CircuitBreaker, CircuitBreakerError, Config};
    ///
    /// #[derive(Debug)]
    /// enum StoreError {
    ///     NotFound,
    ///     Breaker(CircuitBreakerError),
    /// }
    ///
    /// impl From<CircuitBreakerError> for StoreError {
    ///     fn from(error: CircuitBreakerError) -> Self {
    ///         Self::Breaker(error)
    ///     }
    /// }
    ///
    /// fn find(store: &CircuitBreaker) -> Result<u32, StoreError> {
    ///     store.call(|| Err(StoreError::NotFound)).map_err(CallError::flatten)
    /// }
    ///
    /// let store = CircuitBreaker::new("store", Config::default());
    /// assert!(matches!(find(&store), Err(StoreError::NotFound)));
    /// ```
    #[must_use]
    pub fn flatten(self) -> E
    where
        E: From<CircuitBreakerError>,
    {
        match self {
            Self::Breaker(error) => error.into(),
            Self::Inner(error) => error,
        }
    }

    /// Returns the breaker's own error, if it rejected the call or cancelled it.
    #[must_use]
    pub const fn breaker(&self) -> Option<&CircuitBreakerError> {
        match self {
            Self::Breaker(error) => Some(error),
            Self::Inner(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
