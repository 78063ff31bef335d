//! What the end of a call means to the circuit.

use std::time::Duration;

use crate::clock::nanos;
use crate::engine::ticket::End;

/// How the end of a call counts. More outcomes may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The service answered.
    Success,
    /// The service failed.
    Failure,
    /// Says nothing about the service: it counts nowhere in the window and breaks no streak.
    Ignore,
    /// A failure that opens the circuit at once and for this long, at most `open_timeout_max`; for a `Retry-After`.
    OpenFor(Duration),
}

impl Outcome {
    /// The default: `Ok` is a success, `Err` a failure.
    #[inline]
    #[must_use]
    pub const fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Success } else { Self::Failure }
    }

    /// True for a failure, also for one that opens the circuit at once.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::OpenFor(_))
    }
}

impl From<Outcome> for End {
    #[inline]
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Failure => Self::Failure,
            Outcome::Ignore => Self::Ignored,
            Outcome::OpenFor(duration) => Self::OpenFor(nanos(duration)),
        }
    }
}
