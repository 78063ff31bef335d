//! A moment that a task waits for: on the breaker's clock, and, inside a tokio runtime, on a timer of it.

#[cfg(feature = "tokio")]
use std::pin::Pin;
use std::task::{Context, Poll};
#[cfg(feature = "tokio")]
use std::time::Duration;

use crate::clock::Clock;
#[cfg(feature = "test-util")]
use crate::clock::{ManualClock, WaitSlot};

#[cfg(feature = "tokio")]
pub(crate) mod wait;

pub(crate) struct Timer {
    /// On the breaker's clock.
    at: u64,
    /// Where the task waits for a manual clock.
    #[cfg(feature = "test-util")]
    slot: Option<WaitSlot>,
    /// Wakes the task, and passes as tokio's time does: when that is paused, too.
    #[cfg(feature = "tokio")]
    sleep: Option<Sleep>,
}

/// tokio's timer, its type erased: dropping a call that has none is then a few instructions at every call site.
#[cfg(feature = "tokio")]
type Sleep = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

impl Timer {
    pub(crate) fn new(clock: &Clock, at: u64) -> Self {
        // Whoever has neither feature waits by being polled.
        let _ = clock;
        Self {
            at,
            #[cfg(feature = "test-util")]
            slot: clock.crank().map(ManualClock::wait_slot),
            #[cfg(feature = "tokio")]
            sleep: sleep(Duration::from_nanos(at.saturating_sub(clock.now()))),
        }
    }

    pub(crate) fn poll(&mut self, clock: &Clock, cx: &mut Context<'_>) -> Poll<()> {
        #[cfg(feature = "test-util")]
        if let Some(slot) = &self.slot {
            slot.wait(cx.waker());
        }
        if clock.now() >= self.at {
            return Poll::Ready(());
        }
        #[cfg(feature = "tokio")]
        if let Some(sleep) = &mut self.sleep
            && sleep.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(());
        }
        let _ = cx;
        Poll::Pending
    }
}

/// A timer of the runtime that runs this task; none outside of tokio, or in a runtime that was built without timers
/// (which tokio tells by a panic alone).
#[cfg(feature = "tokio")]
fn sleep(duration: Duration) -> Option<Sleep> {
    tokio::runtime::Handle::try_current().ok()?;
    std::panic::catch_unwind(|| Box::pin(tokio::time::sleep(duration)) as Sleep).ok()
}
