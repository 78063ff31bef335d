//! The source of an annotated function's breaker.

use super::Site;
use crate::breaker::CircuitBreaker;

/// The site of a function with the argument `service`, or the breaker given by the argument `breaker`.
pub trait Asked<'a> {
    /// Returns the breaker.
    fn breaker(self) -> &'a CircuitBreaker;
}

impl Asked<'static> for &'static Site {
    #[inline]
    fn breaker(self) -> &'static CircuitBreaker {
        Site::breaker(self)
    }
}

impl<'a> Asked<'a> for &'a CircuitBreaker {
    #[inline]
    fn breaker(self) -> &'a CircuitBreaker {
        self
    }
}
