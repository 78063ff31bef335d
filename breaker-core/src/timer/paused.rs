//! tokio's paused time, which a test moves: what waits there waits for it as well as for the breaker's clock.

use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::clock::is_paused;

pin_project! {
    /// A timer of tokio's, only where its time was paused when this was made.
    pub(super) struct Paused {
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Paused {
    pub(super) fn new(duration: Duration) -> Self {
        let until = is_paused().then(|| Instant::now().checked_add(duration)).flatten();
        Self { sleep: until.and_then(sleep) }
    }

    /// A timer of tokio's belongs to the runtime that it was made in, and panics once that has ended. So each poll makes
    /// its own.
    pub(super) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.sleep.as_ref().map(Sleep::deadline) else { return Poll::Pending };
        let sleep = if is_paused() { sleep(until) } else { None };
        self.as_mut().project().sleep.set(sleep);
        self.project().sleep.as_pin_mut().map_or(Poll::Pending, |sleep| sleep.poll(cx))
    }
}

/// Only a runtime whose time a test has paused is asked. If it was built without timers on top of that, it panics here
/// as it would in the test.
fn sleep(until: Instant) -> Option<Sleep> {
    catch_unwind(|| sleep_until(until)).ok()
}
