//! The breaker's error, inside an error of `object_store`.

use std::error::Error as StdError;
use std::fmt;
use std::iter::successors;
use std::time::Duration;

use breaker_core::{CallError, CircuitBreakerError, Rejection, RejectionReason};
use object_store::Error;

/// The breaker rejected a call of the store, or cancelled it after its timeout.
///
/// Callers get it inside an `object_store::Error`, as the source of `Error::Generic`;
/// [`from_object_store`](Self::from_object_store) finds it there. Its [source](StdError::source) is the
/// [`CircuitBreakerError`].
///
/// ```
/// use breaker_core::{CircuitBreaker, Config, Mode};
/// use breaker_object_store::{GuardedStore, S3CircuitBreakerError};
/// use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let breaker = CircuitBreaker::new("archive", Config::s3());
/// breaker.set_mode(Mode::ForcedOpen);
/// let store = GuardedStore::with(breaker, InMemory::new());
/// let error = store.get(&Path::from("2026/report.pdf")).await.unwrap_err();
/// let refused = S3CircuitBreakerError::from_object_store(&error).expect("the breaker's error");
/// assert!(refused.is_rejected());
/// assert_eq!(
///     error.to_string(),
///     "Generic archive error: the store was not asked: circuit breaker `archive` is forced open: call rejected"
/// );
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3CircuitBreakerError(CircuitBreakerError);

impl S3CircuitBreakerError {
    /// Finds the breaker's error in an error of `object_store`, also in those of a client whose connector is guarded;
    /// `None` if it is an error of the store.
    #[must_use]
    pub fn from_object_store(error: &Error) -> Option<&Self> {
        Self::find(error)
    }

    /// Finds the breaker's error in any error that has it, or `object_store`'s error, as a source.
    #[must_use]
    pub fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        chain(error).find_map(|error| error.downcast_ref())
    }

    /// Returns the error of breaker-core.
    #[must_use]
    pub const fn breaker(&self) -> &CircuitBreakerError {
        &self.0
    }

    /// Returns the name of the service whose breaker rejected or cancelled the call.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        self.0.service()
    }

    /// Whether the call was rejected: the store was not asked. Don't retry such a call before
    /// [`retry_after`](Self::retry_after).
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        self.0.is_rejected()
    }

    /// Whether the call was cancelled after the breaker's `request_timeout`. It may have had effects.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        self.0.is_timeout()
    }

    /// Returns how long to wait before retrying a rejected call, if that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after()
    }
}

impl From<CircuitBreakerError> for S3CircuitBreakerError {
    fn from(error: CircuitBreakerError) -> Self {
        Self(error)
    }
}

impl From<Rejection> for S3CircuitBreakerError {
    fn from(rejection: Rejection) -> Self {
        Self(rejection.into())
    }
}

impl From<S3CircuitBreakerError> for Error {
    fn from(error: S3CircuitBreakerError) -> Self {
        Self::Generic { store: error.service(), source: Box::new(error) }
    }
}

impl fmt::Display for S3CircuitBreakerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.is_timeout() { "did not answer in time" } else { "was not asked" };
        write!(f, "the store {end}: {}", self.0)
    }
}

impl StdError for S3CircuitBreakerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// A part of a multipart upload was rejected or cut off by the breaker, so the upload can't be completed: the object
/// would have a hole. Abort it, and upload the object again.
///
/// Callers of `complete` get it inside an `object_store::Error`, as the source of `Error::Generic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncompleteUpload {
    pub(crate) service: &'static str,
}

impl IncompleteUpload {
    /// Returns the name of the service whose breaker rejected or cancelled the part.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        self.service
    }
}

impl fmt::Display for IncompleteUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.service;
        write!(
            f,
            "circuit breaker `{service}` rejected or cancelled a part of this upload: abort it, and upload the object again"
        )
    }
}

impl StdError for IncompleteUpload {}

impl From<IncompleteUpload> for Error {
    fn from(error: IncompleteUpload) -> Self {
        Self::Generic { store: error.service, source: Box::new(error) }
    }
}

/// Converts the breaker's error to an error of `object_store`, as [`GuardedStore`](crate::GuardedStore) does. For the
/// attribute's `map_error`; see [`classify`](fn@crate::classify).
#[must_use]
pub fn object_store_error(error: CircuitBreakerError) -> Error {
    S3CircuitBreakerError(error).into()
}

#[cold]
pub(crate) fn rejected(rejection: Rejection) -> Error {
    object_store_error(rejection.into())
}

pub(crate) fn of_call(error: CallError<Error>) -> Error {
    match error {
        CallError::Breaker(error) => object_store_error(error),
        CallError::Inner(error) => error,
    }
}

/// Whether a breaker, of this crate or of another one, has rejected the call.
pub(crate) fn is_rejection(error: &(dyn StdError + 'static)) -> bool {
    // The last source of every rejection.
    chain(error).any(<dyn StdError>::is::<RejectionReason>)
}

/// The error and all errors that caused it, from the outermost to the innermost one.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> + use<'a> {
    successors(Some(error), |&error| error.source())
}
