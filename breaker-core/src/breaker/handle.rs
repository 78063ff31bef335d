//! A permit's handle of its breaker: a shared one, or, if the breaker lives as long as the process, a reference, which
//! has no reference count that threads contend for.

use std::ops::Deref;

use super::CircuitBreaker;

#[derive(Debug)]
pub(crate) enum Handle {
    Shared(CircuitBreaker),
    Static(&'static CircuitBreaker),
}

impl Deref for Handle {
    type Target = CircuitBreaker;

    #[inline]
    fn deref(&self) -> &CircuitBreaker {
        match self {
            Self::Shared(breaker) => breaker,
            Self::Static(breaker) => breaker,
        }
    }
}

impl CircuitBreaker {
    /// Leaks this breaker, so that it lives as long as the process, and returns a reference to it. Permits of it and of
    /// its clones then need no reference count, for which threads would contend. The breakers of
    /// [`Registry::global`](crate::Registry) are leaked automatically.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    ///
    /// let mail: &'static CircuitBreaker = CircuitBreaker::new("mail", Config::default()).leak();
    /// assert!(std::ptr::eq(mail, mail.leak()));
    /// ```
    pub fn leak(&self) -> &'static Self {
        self.0.leaked.get_or_init(|| Box::leak(Box::new(self.clone())))
    }

    /// Returns a handle for a permit.
    #[inline]
    pub(crate) fn handle(&self) -> Handle {
        match self.0.leaked.get() {
            Some(breaker) => Handle::Static(breaker),
            None => Handle::Shared(self.clone()),
        }
    }
}
