//! How the call of an annotated function ended.

#[cfg(feature = "test-util")]
pub(crate) use crate::breaker::fault::ErrorMaker;
use crate::error::CircuitBreakerError;
use crate::permit::BorrowedPermit;

/// Nothing is injected.
#[cfg(not(feature = "test-util"))]
pub(crate) type ErrorMaker = std::convert::Infallible;

/// How the body ended, or what came instead.
#[derive(Debug)]
pub enum Ended<'a, R> {
    /// It gave this; the outcome has to be recorded.
    Done(R, BorrowedPermit<'a>),
    /// It was rejected, or is cut off after its time; that is recorded.
    Rejected(CircuitBreakerError),
    /// A test injects an error; its outcome has to be recorded.
    Injected(ErrorMaker, BorrowedPermit<'a>),
}
