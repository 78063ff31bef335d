//! Which breaker admits a request.

use std::borrow::Borrow;
use std::fmt;

use breaker_core::{CircuitBreaker, Config, Registry};

/// Chooses the breaker that admits a request. Implemented by [`Fixed`] and [`ByRequest`].
pub trait Select<Request> {
    /// A handle of the chosen breaker.
    type Breaker<'a>: Borrow<CircuitBreaker>
    where
        Self: 'a;

    /// Chooses the breaker of this request.
    fn select(&self, request: &Request) -> Self::Breaker<'_>;

    /// Returns the breaker, if it doesn't depend on the request. It is consulted before there is a request.
    fn known(&self) -> Option<&CircuitBreaker>;
}

/// Returns the breaker of this service in the global registry. Creates it with the default configuration if it doesn't
/// exist.
#[track_caller]
pub(crate) fn global(service: &str) -> CircuitBreaker {
    Registry::global().get_or_default(service, Config::default())
}

/// One breaker for all requests.
#[derive(Clone, Debug)]
pub struct Fixed(pub(crate) CircuitBreaker);

impl<Request> Select<Request> for Fixed {
    type Breaker<'a> = &'a CircuitBreaker;

    #[inline]
    fn select(&self, _: &Request) -> &CircuitBreaker {
        &self.0
    }

    #[inline]
    fn known(&self) -> Option<&CircuitBreaker> {
        Some(&self.0)
    }
}

/// A breaker chosen by a function of the request.
#[derive(Clone)]
pub struct ByRequest<F>(pub(crate) F);

impl<Request, B: Borrow<CircuitBreaker>, F: Fn(&Request) -> B> Select<Request> for ByRequest<F> {
    type Breaker<'a>
        = B
    where
        F: 'a;

    #[inline]
    fn select(&self, request: &Request) -> B {
        (self.0)(request)
    }

    #[inline]
    fn known(&self) -> Option<&CircuitBreaker> {
        None
    }
}

impl<F> fmt::Debug for ByRequest<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByRequest")
    }
}
