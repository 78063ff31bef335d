//! The items that generated code uses. Not part of the public API: they may change without notice.

pub mod keys;

pub use std::boxed::Box;
pub use std::time::Duration;

pub use breaker_keys::Value;
pub use inventory;

pub use crate::breaker::CircuitBreaker;
pub use crate::call::{Ended, Released, Run, Within};
pub use crate::dispatch::errors::{AnyErrors, AsDebug, errors_of};
pub use crate::dispatch::{
    Convert, Degrade, Next, Permit, Protect, Running, ask_and_call, call, injectable, map, map_to, not_injectable,
};
pub use crate::fallback::{FallbackRun, apply, keep};
pub use crate::site::{Listed, Site, service};

use crate::error::CircuitBreakerError;
use crate::site::asked::Asked;

/// Asks the function's breaker for admission.
///
/// # Errors
///
/// Returns the rejection if the call is not admitted.
#[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
#[inline(always)]
pub fn admit<'a>(asked: impl Asked<'a>) -> Result<Permit<'a>, CircuitBreakerError> {
    asked.breaker().borrow_permit().map_err(CircuitBreakerError::Rejected)
}

/// Evaluates the body of a function that returns a future, in a closure, so that `return` keeps its meaning.
#[inline]
pub fn eager<F>(body: impl FnOnce() -> F) -> Released<F> {
    Released::new(body())
}

/// Stands for a result in code that never runs. The compiler checks a call of it faster than a pattern that would bind
/// the result.
///
/// # Panics
///
/// Always.
#[cold]
#[must_use]
pub fn never<R>() -> R {
    unreachable!("generated code calls this only where it sets a type")
}
