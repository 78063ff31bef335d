//! How a call runs: its admission, its permit, and its outcome.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use breaker_core::{CircuitBreaker, Classify as _, Config, Permit, Registry, Rejection, bypass_sync};
use sqlx_core::error::Error;

use crate::classify::Classifier;
use crate::error::{of_call, rejected, sqlx_error};

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

/// Runs a call that is admitted when the future is first polled.
///
/// A macro, because the futures of sqlx that connect take kilobytes. As an argument, one would be in the future twice, and
/// be copied for each call. Here it is made where it is polled. It must do nothing before that: a rejected call may have
/// no effect.
macro_rules! guarded {
    ($guard:expr, $call:expr) => {{
        let guard = $guard;
        async move {
            let call = ::std::pin::pin!($call);
            guard.call(call).await
        }
    }};
    ($guard:expr, $admit:ident, $call:expr) => {{
        let guard = $guard;
        async move {
            let permit = guard.$admit()?;
            let call = ::std::pin::pin!($call);
            guard.run(permit, call).await
        }
    }};
}

pub(crate) use guarded;

impl Guard {
    pub(crate) fn with(breaker: CircuitBreaker) -> Self {
        Self { breaker: Handle::Shared(breaker), classifier: Classifier::new() }
    }

    /// The breaker of this service in the global registry. Creates it with the preset `database` if it doesn't exist.
    #[track_caller]
    pub(crate) fn global(service: &str) -> Self {
        let breaker = Registry::global().get_or_default(service, Config::database());
        Self { breaker: Handle::Static(breaker.leak()), classifier: Classifier::new() }
    }

    pub(crate) fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    pub(crate) fn admit(&self) -> Result<Permit, Error> {
        self.breaker.try_acquire_idle().map_err(rejected)
    }

    /// Admits a call that is never rejected. Where others are, it is not counted; its timeout still applies.
    pub(crate) fn admit_always(&self) -> Result<Permit, Error> {
        self.permit_always().map_err(rejected)
    }

    /// Runs a call that is admitted when the future is first polled.
    pub(crate) async fn call<T, F>(&self, call: Pin<&mut F>) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let classify = |result: &Result<T, Error>| self.classifier.classify(result);
        self.breaker.call_async_mapped(call, classify, sqlx_error).await
    }

    /// Runs an admitted call to its end.
    pub(crate) async fn run<T, F>(&self, permit: Permit, call: Pin<&mut F>) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
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
