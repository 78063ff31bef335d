//! How the call of an annotated function ended.

#[cfg(feature = "test-util")]
pub(crate) use crate::breaker::fault::ErrorMaker;
use crate::error::CircuitBreakerError;
use crate::permit::BorrowedPermit;

/// Without `test-util`, nothing is injected.
#[cfg(not(feature = "test-util"))]
pub(crate) type ErrorMaker = std::convert::Infallible;

/// How the body ended, or what happened instead.
#[derive(Debug)]
pub enum Ended<'a, R> {
    /// The body returned this; the outcome has to be recorded.
    Done(R, BorrowedPermit<'a>),
    /// The call was rejected or timed out, which is recorded.
    Rejected(CircuitBreakerError),
    /// A test injects an error; the outcome has to be recorded.
    Injected(ErrorMaker, BorrowedPermit<'a>),
}
