//! tokio's paused time, which a test moves: timers also wait for it, besides the breaker's clock.

use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::clock::is_paused;

pin_project! {
    /// A tokio timer, present only if tokio's time was paused when this was created.
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

    /// A tokio timer belongs to the runtime it was created in, and panics after that has shut down. So each poll
    /// creates its own.
    pub(super) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.sleep.as_ref().map(Sleep::deadline) else { return Poll::Pending };
        let sleep = if is_paused() { sleep(until) } else { None };
        self.as_mut().project().sleep.set(sleep);
        self.project().sleep.as_pin_mut().map_or(Poll::Pending, |sleep| sleep.poll(cx))
    }
}

/// Called only in a runtime whose time a test has paused. If that runtime has no timers, tokio panics here as it would
/// in the test; the panic is caught, and only the breaker's clock ends the wait.
fn sleep(until: Instant) -> Option<Sleep> {
    catch_unwind(|| sleep_until(until)).ok()
}
