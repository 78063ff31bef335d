//! How a call runs: its admission, its permit, and its outcome.

use std::future::Future;
use std::ops::Deref;

use breaker_core::{CircuitBreaker, Classify, Config, Permit, Registry, Rejection, bypass_sync};
use sqlx_core::error::Error;

use crate::classify::Classifier;
use crate::error::{of_call, rejected};

/// The breaker of a database, and what its errors mean. Cloned for each call whose future doesn't borrow the database.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    breaker: Handle,
    pub(crate) classifier: Classifier,
}

/// A breaker of the global registry lives as long as the process: a clone of the reference writes no reference count,
/// for which threads would contend.
#[derive(Clone, Debug)]
enum Handle {
    Shared(CircuitBreaker),
    Static(&'static CircuitBreaker),
}

impl Deref for Handle {
    type Target = CircuitBreaker;

    fn deref(&self) -> &CircuitBreaker {
        match self {
            Self::Shared(breaker) => breaker,
            Self::Static(breaker) => breaker,
        }
    }
}

impl Guard {
    pub(crate) fn with(breaker: CircuitBreaker) -> Self {
        Self { breaker: Handle::Shared(breaker), classifier: Classifier::new() }
    }

    /// The breaker of this service in the global registry. Creates it with the preset `database` if it doesn't exist.
    #[track_caller]
    pub(crate) fn global(service: &str) -> Self {
        let registry = Registry::global();
        // No closure: a conflict then names the caller's line.
        let breaker = match registry.get(service) {
            Some(breaker) => breaker,
            None => registry.get_or_create(service, Config::database()),
        };
        Self { breaker: Handle::Static(breaker.leak()), classifier: Classifier::new() }
    }

    pub(crate) fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    /// Runs a call that is admitted when its future is first polled.
    pub(crate) fn run<T, F>(self, call: F) -> impl Future<Output = Result<T, Error>> + use<T, F>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let classifier = self.classifier;
        self.run_classified(call, classifier)
    }

    /// Like `run`, but another classifier decides the outcome.
    pub(crate) async fn run_classified<T>(
        self,
        call: impl Future<Output = Result<T, Error>>,
        classifier: impl Classify<Result<T, Error>>,
    ) -> Result<T, Error> {
        let permit = self.breaker.try_acquire_idle().map_err(rejected)?;
        permit.run_classified(call, classifier).await.map_err(of_call)
    }

    /// Runs a call that is never rejected. Where others are, it is not counted; its timeout still applies.
    pub(crate) async fn run_always<T>(self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let permit = self.permit_always().map_err(rejected)?;
        permit.run_classified(call, self.classifier).await.map_err(of_call)
    }

    /// A permit that is always given; one that isn't counted where calls are rejected.
    pub(crate) fn permit_always(&self) -> Result<Permit, Rejection> {
        if self.breaker.peek().is_ok()
            && let Ok(permit) = self.breaker.try_acquire_idle()
        {
            return Ok(permit);
        }
        bypass_sync(|| self.breaker.try_acquire_idle())
    }
}
