//! How a call runs: its admission, its permit, and its outcome.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use breaker_core::{CircuitBreaker, Classify, Config, Outcome, Permit, Registry, Rejection, bypass_sync};
use futures_core::future::BoxFuture;
use object_store::{Error, Result};

use crate::classify::Classifier;
use crate::error::{S3CircuitBreakerError, is_rejection, object_store_error, of_call, rejected};
use crate::marked::is_from_caller;
use crate::request::Request;

/// The breaker of a store, and what its errors mean. Streams, bodies and uploads have a clone.
#[derive(Clone)]
pub(crate) struct Guard {
    breaker: Handle,
    /// `None`: that of this crate.
    classifier: Option<Arc<dyn Classify<Error> + Send + Sync>>,
}

/// A breaker of the global registry lives as long as the process: a clone of the reference writes no reference count,
/// for which threads would contend.
#[derive(Clone)]
enum Handle {
    Shared(CircuitBreaker),
    Static(&'static CircuitBreaker),
}

impl Guard {
    pub(crate) fn with(breaker: CircuitBreaker) -> Self {
        Self { breaker: Handle::Shared(breaker), classifier: None }
    }

    /// The breaker of this service in the global registry. Creates it with the preset `s3` if it doesn't exist.
    #[track_caller]
    pub(crate) fn global(service: &str) -> Self {
        let breaker = Registry::global().get_or_default(service, Config::s3());
        Self { breaker: Handle::Static(breaker.leak()), classifier: None }
    }

    pub(crate) fn classify_by(&mut self, classifier: impl Classify<Error> + Send + Sync + 'static) {
        self.classifier = Some(Arc::new(classifier));
    }

    #[inline]
    pub(crate) fn breaker(&self) -> &CircuitBreaker {
        match &self.breaker {
            Handle::Shared(breaker) => breaker,
            Handle::Static(breaker) => breaker,
        }
    }

    fn outcome_of(&self, error: &Error) -> Outcome {
        match &self.classifier {
            _ if is_from_caller(error) => Outcome::Ignore,
            Some(classifier) => classifier.classify(error),
            None => Classifier::new().classify(error),
        }
    }

    /// Whether the store could not serve this call, so that another one should.
    pub(crate) fn is_out(&self, error: &Error) -> bool {
        is_rejection(error)
            || S3CircuitBreakerError::from_object_store(error).is_some()
            || self.outcome_of(error).is_failure()
    }

    /// Runs a call.
    #[inline]
    pub(crate) fn run<T>(&self, call: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
        self.breaker().call_async_mapped(call, |result| self.classify(result), object_store_error)
    }

    /// Runs a call that this function begins when it is admitted.
    #[inline]
    pub(crate) fn begin<'a, T, O, S>(&self, options: O, send: S) -> impl Future<Output = Result<T>>
    where
        O: Unpin,
        S: Fn(O) -> BoxFuture<'a, Result<T>> + Unpin,
    {
        self.run(Request::new(options, send))
    }

    /// Runs a call that is never rejected. Where others are, it is not counted; its timeout still applies.
    pub(crate) async fn run_always<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let permit = permit_always(self.breaker()).map_err(rejected)?;
        permit.run_classified(call, self).await.map_err(of_call)
    }

    /// Counts the failure of a stream or a body whose call was a success: the store had begun to answer.
    #[cold]
    pub(crate) fn fail_late(&self, error: &Error) {
        record_late(self.breaker(), self.outcome_of(error));
    }
}

/// A permit that is always given; one that isn't counted where calls are rejected.
pub(crate) fn permit_always(breaker: &CircuitBreaker) -> Result<Permit, Rejection> {
    if breaker.peek().is_ok()
        && let Ok(permit) = breaker.try_acquire_idle()
    {
        return Ok(permit);
    }
    bypass_sync(|| breaker.try_acquire_idle())
}

/// Counts a failure as a call of its own. Where calls are rejected, it is no news.
pub(crate) fn record_late(breaker: &CircuitBreaker, outcome: Outcome) {
    if outcome.is_failure()
        && breaker.peek().is_ok()
        && let Ok(permit) = breaker.try_acquire_idle()
    {
        permit.record(outcome);
    }
}

impl<T> Classify<Result<T>> for Guard {
    #[inline]
    fn classify(&self, result: &Result<T>) -> Outcome {
        result.as_ref().map_or_else(|error| self.outcome_of(error), |_| Outcome::Success)
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("breaker", self.breaker()).finish_non_exhaustive()
    }
}
