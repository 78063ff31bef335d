//! A store behind a circuit breaker.

mod multipart;
mod operations;

use std::fmt;
use std::sync::Arc;

use breaker_core::{CircuitBreaker, Classify};
use object_store::{Error, ObjectStore};

use crate::fallback::Fallback;
use crate::guard::Guard;

/// A store behind a circuit breaker: itself an [`ObjectStore`], around any other one. Clones share the breaker and the
/// store.
///
/// ```
/// use breaker_core::Registry;
/// use breaker_object_store::GuardedStore;
/// use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = GuardedStore::new("invoices", InMemory::new());
/// let path = Path::from("2026/11/28.pdf");
/// store.put(&path, "%PDF".into()).await?;
/// assert_eq!(store.get(&path).await?.bytes().await?, "%PDF");
/// assert_eq!(store.breaker().metrics().successes, 2);
/// # Ok::<(), object_store::Error>(())
/// # }).unwrap();
/// ```
///
/// # What counts
///
/// - Each method is a call, with all the retries that the inner store makes: it takes as long as they do. What its errors
///   mean is decided by a [`Classifier`](crate::Classifier).
/// - A `get` is judged when the object's body begins. An error inside the body is counted as a failed call of its own.
///   `get_ranges` and `head` read all they return, so they are judged at their end.
/// - A listing, and a stream of deletions, is judged by its first item (or its end, if there is none), because the caller
///   sets the pace of the others. A failure after it is counted as a failed call of its own. A listing is admitted when
///   it is first polled; deletions with their first location. Errors among the caller's locations are returned, but not
///   counted.
/// - The creation of a multipart upload, each part, and its completion are calls.
/// - A call that is rejected, or cut off by `request_timeout`, returns an `Error::Generic` with an
///   [`S3CircuitBreakerError`](crate::S3CircuitBreakerError) inside.
///
/// # Multipart uploads
///
/// Abort an upload that can't be completed. That is never rejected, so an open circuit leaves no parts behind. (A call
/// of `abort` is cut off by `request_timeout` like others; then call it again.) If the creation of an upload is cut off,
/// a task waits for the store's answer, and aborts the upload.
///
/// If the breaker rejects or cuts off a part, `complete` returns [`IncompleteUpload`](crate::IncompleteUpload): some
/// stores would otherwise complete the object with a hole.
///
/// # Which timeout
///
/// The clients of `object_store` retry up to 10 times within 3 minutes, where each attempt may take 30 s. With the preset's
/// `request_timeout` of 30 s such a call is cut off before the client says what is wrong. Give the client retries that fit
/// (`retry_within` of the feature `cloud`), or guard each attempt with a connector instead.
pub struct GuardedStore<S> {
    inner: Arc<S>,
    guard: Guard,
    fallback: Option<Fallback>,
}

impl<S: ObjectStore> GuardedStore<S> {
    /// Uses the breaker of this service in [`Registry::global`](breaker_core::Registry::global), which is looked up once,
    /// here. If no code has named the service yet, its breaker is created with the preset `s3`
    /// ([`Config::s3`](breaker_core::Config::s3)), which files and variables can change.
    #[track_caller]
    pub fn new(service: &str, store: S) -> Self {
        Self::over(Guard::global(service), store)
    }

    /// Uses this breaker. Otherwise like [`new`](Self::new).
    pub fn with(breaker: CircuitBreaker, store: S) -> Self {
        Self::over(Guard::with(breaker), store)
    }

    fn over(guard: Guard, store: S) -> Self {
        Self { inner: Arc::new(store), guard, fallback: None }
    }

    /// Decides what the errors of the store mean, in place of [`Classifier::new`](crate::Classifier::new): with a
    /// [`Classifier`](crate::Classifier), or a function ([`classify_fn`](breaker_core::classify_fn)).
    ///
    /// ```
    /// use breaker_core::Outcome;
    /// use breaker_object_store::{Classifier, GuardedStore};
    /// use object_store::memory::InMemory;
    ///
    /// let classifier = Classifier::new().denied(Outcome::Failure);
    /// let store = GuardedStore::new("backups", InMemory::new()).classify(classifier);
    /// # drop(store);
    /// ```
    #[must_use]
    pub fn classify(mut self, classifier: impl Classify<Error> + Send + Sync + 'static) -> Self {
        self.guard.classify_by(classifier);
        self
    }

    /// Reads from another store, such as a second bucket or a local copy, if this one can't serve: the call is rejected,
    /// times out or fails. Its runs are counted in `fallback_successes` and `fallback_failures`.
    ///
    /// That applies to `get` (with `get_ranges` and `head`) and to listings that have not returned an item yet. If
    /// the other store fails, too, the caller gets the first store's error. So is it if the other store has no such
    /// object: the copy may be older, and `NotFound` would say that the object doesn't exist. A listing is returned as
    /// it is, so list only a complete copy.
    ///
    /// Writes are not sent to the other store; see [`fallback_with_writes`](Self::fallback_with_writes).
    ///
    /// ```
    /// use breaker_core::Mode;
    /// use breaker_object_store::GuardedStore;
    /// use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (path, copy) = (Path::from("logo.svg"), InMemory::new());
    /// copy.put(&path, "<svg/>".into()).await?;
    /// let store = GuardedStore::new("images", InMemory::new()).fallback(copy);
    ///
    /// store.breaker().set_mode(Mode::ForcedOpen);
    /// assert_eq!(store.get(&path).await?.bytes().await?, "<svg/>");
    /// assert_eq!(store.breaker().metrics().fallback_successes, 1);
    /// # Ok::<(), object_store::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn fallback(mut self, store: impl ObjectStore) -> Self {
        self.fallback = Some(Fallback { store: Arc::new(store), takes_writes: false });
        self
    }

    /// Like [`fallback`](Self::fallback), but also writes to the other store what this one can't take: a `put` with
    /// `PutMode::Overwrite`, and a multipart upload that can't be created. (Other modes depend on what exists in this
    /// store.) A `put` that was cut off may be in both. What is written there stays there: copy it back when the circuit
    /// has closed.
    ///
    /// Deletions, copies and renames are never sent to the other store.
    #[must_use]
    pub fn fallback_with_writes(mut self, store: impl ObjectStore) -> Self {
        self.fallback = Some(Fallback { store: Arc::new(store), takes_writes: true });
        self
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        self.guard.breaker()
    }
}

impl<S> GuardedStore<S> {
    /// Returns the inner store. Calls made with it bypass the breaker.
    pub fn get_ref(&self) -> &S {
        // Not the `Arc`, which is a store, too, and boxes its futures again.
        &self.inner
    }
}

impl<S> Clone for GuardedStore<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), guard: self.guard.clone(), fallback: self.fallback.clone() }
    }
}

impl<S: fmt::Debug> fmt::Debug for GuardedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedStore")
            .field("breaker", self.guard.breaker())
            .field("store", &self.inner)
            .field("fallback", &self.fallback.as_ref().map(|fallback| &fallback.store))
            .finish_non_exhaustive()
    }
}

impl<S: fmt::Display> fmt::Display for GuardedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuardedStore({}, {})", self.guard.breaker().service(), self.inner)
    }
}
