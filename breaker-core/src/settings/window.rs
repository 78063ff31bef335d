//! The sliding window.

use std::fmt;
use std::time::Duration;

use crate::error::Human;

/// The length of the sliding window: a duration, or a number of calls.
///
/// ```
/// use breaker_core::Window;
/// use std::time::Duration;
///
/// assert_eq!(Window::from(Duration::from_secs(60)).to_string(), "60s");
/// assert_eq!(Window::from(100).to_string(), "100 calls");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// Calls that ended within this duration, which must be longer than zero.
    Time(Duration),
    /// This number of last calls: at least 1, at most
    /// [`Settings::MAX_WINDOW_CALLS`](crate::Settings::MAX_WINDOW_CALLS).
    Calls(u32),
}

impl From<Duration> for Window {
    fn from(span: Duration) -> Self {
        Self::Time(span)
    }
}

impl From<u32> for Window {
    fn from(calls: u32) -> Self {
        Self::Calls(calls)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(span) => Human(*span).fmt(f),
            Self::Calls(calls) => breaker_keys::Value::Calls(*calls).fmt(f),
        }
    }
}
