//! Durations in errors.

use std::time::Duration;

pub(crate) use breaker_keys::Human;

/// Rounds down to whole seconds; below one second to milliseconds; below one millisecond to microseconds.
pub(crate) fn round_down(duration: Duration) -> Duration {
    let unit = match duration.as_nanos() {
        1_000_000_000.. => 1_000_000_000,
        1_000_000.. => 1_000_000,
        _ => 1_000,
    };
    duration.saturating_sub(Duration::from_nanos(u64::from(duration.subsec_nanos() % unit)))
}

/// Rounds up to whole seconds, below one second to milliseconds, so that waiting for the displayed time is always
/// enough.
pub(crate) fn round_up(duration: Duration) -> Duration {
    let unit = if duration >= Duration::from_secs(1) { 1_000_000_000 } else { 1_000_000 };
    let over = duration.subsec_nanos() % unit;
    if over == 0 { duration } else { duration.saturating_add(Duration::from_nanos(u64::from(unit - over))) }
}
