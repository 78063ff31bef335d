//! What the errors of a store mean.

use breaker_core::{Classify, Outcome};
use object_store::Error;

use crate::error::is_rejection;

/// Decides the outcomes of calls of a store.
///
/// | result | outcome |
/// |---|---|
/// | `Ok`, `NotFound`, `AlreadyExists`, `Precondition`, `NotModified` | success: the store has answered |
/// | `PermissionDenied`, `Unauthenticated` | success; see [`denied`](Self::denied) |
/// | `InvalidPath`, `NotSupported`, `NotImplemented`, `UnknownConfigurationKey` | ignored: the store was not asked |
/// | a rejection by another breaker, such as that of a guarded connector | ignored |
/// | `Generic`, `JoinError`, and what later versions add | failure |
///
/// `Generic` contains everything else that a store returns: timeouts, refused connections, a full disk and 503, but also
/// what the store has answered: a range beyond the end of the object, 400 (such as an expired token), 404 of a bucket
/// that is listed. At this trait they can't be told apart. If your callers cause such errors, use a guarded connector
/// (feature `cloud`), which sees the status, or classify them yourself:
///
/// ```
/// use breaker_core::{Classify, Outcome, classify_fn};
/// use breaker_object_store::{Classifier, GuardedStore};
/// use object_store::{Error, memory::InMemory};
///
/// let store = GuardedStore::new("films", InMemory::new()).classify(classify_fn(|error: &Error| match error {
///     // Readers of this store ask for ranges that don't exist.
///     Error::Generic { source, .. } if source.to_string().contains("InvalidRange") => Outcome::Success,
///     error => Classifier::new().classify(error),
/// }));
/// # drop(store);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classifier {
    denied: Outcome,
}

impl Default for Classifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Classifier {
    /// Creates a classifier with the outcomes of the table above.
    #[must_use]
    pub const fn new() -> Self {
        Self { denied: Outcome::Success }
    }

    /// Sets the outcome of `PermissionDenied` and `Unauthenticated` (403 and 401): by default a success, because S3
    /// answers 403 for one forbidden object, and for one that doesn't exist in a bucket that the client must not list.
    ///
    /// Choose [`Outcome::Failure`] where all calls have the same rights, so that wrong credentials open the circuit.
    #[must_use]
    pub const fn denied(self, outcome: Outcome) -> Self {
        Self { denied: outcome }
    }

    /// Returns the outcome of a call with this result.
    pub fn outcome<T>(&self, result: &Result<T, Error>) -> Outcome {
        result.as_ref().map_or_else(|error| self.error(error), |_| Outcome::Success)
    }

    /// Returns the outcome of a call that returned this error.
    #[must_use]
    pub fn error(&self, error: &Error) -> Outcome {
        match error {
            Error::NotFound { .. }
            | Error::AlreadyExists { .. }
            | Error::Precondition { .. }
            | Error::NotModified { .. } => Outcome::Success,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => self.denied,
            Error::InvalidPath { .. }
            | Error::NotSupported { .. }
            | Error::NotImplemented { .. }
            | Error::UnknownConfigurationKey { .. } => Outcome::Ignore,
            error if is_rejection(error) => Outcome::Ignore,
            _ => Outcome::Failure,
        }
    }
}

impl Classify<Error> for Classifier {
    fn classify(&self, error: &Error) -> Outcome {
        self.error(error)
    }
}

impl<T> Classify<Result<T, Error>> for Classifier {
    #[inline]
    fn classify(&self, result: &Result<T, Error>) -> Outcome {
        self.outcome(result)
    }
}

/// Returns the outcome of a call of a store, by [`Classifier::new`]. For the attribute's `classify`, over functions that
/// return `Result<T, object_store::Error>`:
///
/// ```
/// use breaker_core::circuit_breaker;
/// use object_store::{ObjectStore, ObjectStoreExt, path::Path};
///
/// #[circuit_breaker(
///     service = "avatars",
///     preset = "s3",
///     classify = breaker_object_store::classify,
///     map_error = breaker_object_store::object_store_error,
/// )]
/// async fn avatar(store: &dyn ObjectStore, user: u64) -> object_store::Result<Vec<u8>> {
///     Ok(store.get(&Path::from(format!("avatars/{user}.png"))).await?.bytes().await?.into())
/// }
/// # drop(avatar);
/// ```
pub fn classify<T>(result: &Result<T, Error>) -> Outcome {
    Classifier::new().outcome(result)
}
