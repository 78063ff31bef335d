//! Durations as people read and write them.

use std::fmt;
use std::time::Duration;

/// A duration as people write it, exact, in the grammar that the configuration reads: `30s`, `2m 30s`, `1s 500ms`.
#[derive(Clone, Copy)]
pub(crate) struct Human(pub(crate) Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        // Below two minutes people count in seconds: `60s`, `90s`.
        let parts = if seconds < 120 {
            [(0, "d"), (0, "h"), (0, "m"), (seconds, "s")]
        } else {
            [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        };
        let fractions = [
            (u64::from(nanos / 1_000_000), "ms"),
            (u64::from(nanos / 1_000 % 1_000), "us"),
            (u64::from(nanos % 1_000), "ns"),
        ];
        let mut gap = "";
        for (count, unit) in parts.into_iter().chain(fractions).filter(|part| part.0 > 0) {
            write!(f, "{gap}{count}{unit}")?;
            gap = " ";
        }
        if gap.is_empty() { f.write_str("0s") } else { Ok(()) }
    }
}

/// Rounded up, so that waiting for as long as the text says is always enough: to seconds, below one to milliseconds.
pub(crate) fn round_up(duration: Duration) -> Duration {
    let unit = if duration >= Duration::from_secs(1) { 1_000_000_000 } else { 1_000_000 };
    let over = duration.subsec_nanos() % unit;
    if over == 0 { duration } else { duration.saturating_add(Duration::from_nanos(u64::from(unit - over))) }
}
