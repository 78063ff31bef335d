//! A timer on the breaker's clock.
//!
//! On a manual clock, only that clock decides, and wakes the task. On the monotonic clock, the timer thread wakes the
//! task (`alarm.rs`), in any executor; if a test has paused tokio's time, the timer also ends by tokio's time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::clock::Clock;
#[cfg(feature = "test-util")]
use crate::clock::{ManualClock, WaitSlot};

mod alarm;
mod heap;
#[cfg(feature = "tokio")]
mod paused;
mod sleep;
#[cfg(feature = "tokio")]
pub(crate) mod wait;

use alarm::Alarm;
#[cfg(feature = "tokio")]
use paused::Paused;

pin_project! {
    pub(crate) struct Timer {
        // On the breaker's clock.
        at: u64,
        #[pin]
        wait: Wait,
    }
}

pin_project! {
    #[project = WaitProjection]
    enum Wait {
        Manual { slot: Slot },
        Monotonic { alarm: Option<Alarm>, #[pin] paused: Paused },
    }
}

/// Without a manual clock.
#[cfg(not(feature = "test-util"))]
type Slot = std::convert::Infallible;
#[cfg(feature = "test-util")]
type Slot = WaitSlot;

/// Without tokio.
#[cfg(not(feature = "tokio"))]
struct Paused;

#[cfg(not(feature = "tokio"))]
impl Paused {
    fn new(_: Duration) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as with tokio")]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

/// Starts the timer thread if this clock needs it, so that the first task that waits doesn't pay for it.
pub(crate) fn prepare(clock: &Clock) {
    if !clock.is_manual() {
        alarm::prepare();
    }
}

impl Timer {
    pub(crate) fn new(clock: &Clock, at: u64) -> Self {
        #[cfg(feature = "test-util")]
        if let Some(slot) = clock.crank().map(ManualClock::wait_slot) {
            return Self { at, wait: Wait::Manual { slot } };
        }
        let paused = Paused::new(left(clock, at));
        Self { at, wait: Wait::Monotonic { alarm: None, paused } }
    }

    pub(crate) fn poll(self: Pin<&mut Self>, clock: &Clock, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let at = *this.at;
        match this.wait.project() {
            WaitProjection::Manual { slot } => {
                // Before the time is read: if the clock moves in between, the task is woken.
                #[cfg(feature = "test-util")]
                slot.wait(cx.waker());
                #[cfg(not(feature = "test-util"))]
                let _ = slot;
                if clock.now() >= at { Poll::Ready(()) } else { Poll::Pending }
            }
            WaitProjection::Monotonic { .. } if clock.now() >= at => Poll::Ready(()),
            WaitProjection::Monotonic { alarm, paused } => {
                match alarm {
                    Some(alarm) => alarm.renew(|| left(clock, at), cx.waker()),
                    None => *alarm = Alarm::new(left(clock, at), cx.waker()),
                }
                paused.poll(cx)
            }
        }
    }
}

/// Uses the compared time, because the alarm waits by the system's clock: by a counter that had fallen behind, it would
/// wait too long.
fn left(clock: &Clock, at: u64) -> Duration {
    Duration::from_nanos(at.saturating_sub(clock.compared_now()))
}
