//! Everything that generated code names, and nothing else. Not part of the public interface: it changes without notice.

pub use std::boxed::Box;
pub use std::time::Duration;

pub use inventory;

pub use crate::call::Run;
pub use crate::fallback::{FallbackRun, answer, apply, keep};
pub use crate::protect::{Convert, Degrade, Ended, Next, Permit, Protect, call, map};
pub use crate::settings::{Preset, Settings, Window};
pub use crate::site::{Listed, Place, Site};

use crate::call::Finished;
use crate::error::CircuitBreakerError;

/// Asks the function's breaker.
///
/// # Errors
///
/// The refusal.
#[inline]
pub fn admit(site: &'static Site) -> Result<Permit, CircuitBreakerError> {
    site.breaker().pass().map_err(CircuitBreakerError::Rejected)
}

/// Evaluates the body of a function that gives a future, where `return` keeps its meaning.
#[inline]
pub fn eager<R>(body: impl FnOnce() -> R) -> R {
    body()
}

impl<R> From<Finished<'static, R>> for Ended<R> {
    #[inline]
    fn from(finished: Finished<'static, R>) -> Self {
        match finished {
            Finished::Done(result, permit) => Self::Done(result, permit),
            Finished::Refused(error) => Self::Refused(error),
        }
    }
}
