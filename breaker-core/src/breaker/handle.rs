//! What a permit holds of its breaker: a share, or, where the breaker lives as long as the process, a reference, which no
//! two threads write to.

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
    /// Keeps this breaker as long as the process lives, and gives a reference to it. Permits of it, and of its clones, are
    /// then free of the reference count that threads would share. The breakers of [`Registry::global`](crate::Registry) are
    /// kept so already.
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

    /// For a permit.
    #[inline]
    pub(crate) fn handle(&self) -> Handle {
        match self.0.leaked.get() {
            Some(breaker) => Handle::Static(breaker),
            None => Handle::Shared(self.clone()),
        }
    }
}
