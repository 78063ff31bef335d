//! Who is asked for the breaker of an annotated function.

use super::Site;
use crate::breaker::CircuitBreaker;

/// The site of a function with `service`, or what `breaker` gives.
pub trait Asked<'a> {
    /// Its breaker.
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
