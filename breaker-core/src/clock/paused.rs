//! tokio's paused time, which a test moves.

#[cfg(feature = "test-util")]
use std::sync::OnceLock;
use std::time::Instant;

/// Whether tokio's time is paused in the runtime of this thread. Time that isn't paused is the system's, which is read
/// before and after.
pub(crate) fn is_paused() -> bool {
    now().is_some()
}

/// tokio's time, where it is paused.
fn now() -> Option<Instant> {
    loop {
        let before = Instant::now();
        let tokios = tokio::time::Instant::now().into_std();
        // Equal ones say nothing: a time that was paused just now, or a clock that ticks slowly.
        if tokios != before {
            return (!(before..=Instant::now()).contains(&tokios)).then_some(tokios);
        }
    }
}

/// By how much a reading of the monotonic clock is ahead of its start. A runtime may have paused its time before that clock
/// started: its time, too, is after zero.
#[cfg(feature = "test-util")]
const AHEAD: u64 = 3_600_000_000_000;

/// The reading of the monotonic clock: by tokio's time where that is paused.
///
/// One pair of instant and reading, taken at the first, places the time of each runtime on the time line of the clock.
#[cfg(feature = "test-util")]
pub(super) fn reading(monotonic: impl Fn() -> u64) -> u64 {
    static PAIR: OnceLock<(Instant, u64)> = OnceLock::new();
    let monotonic = || monotonic().saturating_add(AHEAD);
    let Some(tokios) = now_here() else { return monotonic() };
    let (instant, reading) = *PAIR.get_or_init(|| (Instant::now(), monotonic()));
    let since = super::nanos(tokios.saturating_duration_since(instant));
    let before = super::nanos(instant.saturating_duration_since(tokios));
    reading.saturating_add(since).saturating_sub(before)
}

/// tokio panics where it looks for its runtime in a thread that ends.
#[cfg(feature = "test-util")]
fn now_here() -> Option<Instant> {
    tokio::runtime::Handle::try_current().ok().and_then(|_| now())
}
