//! Public sleep on a breaker's clock.

use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::Timer;
use crate::clock::{Clock, nanos};

impl Clock {
    /// Waits for a duration on this clock; works in any executor. Waits at least a millisecond, so that a loop can't
    /// occupy its thread.
    ///
    /// ```
    /// use breaker_core::{Clock, Registry};
    /// use std::time::Duration;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let clock = Clock::monotonic();
    /// for _ in 0..3 {
    ///     clock.sleep(Duration::from_millis(10)).await;
    ///     println!("{:?}", Registry::global().health().status);
    /// }
    /// # });
    /// ```
    pub async fn sleep(&self, duration: Duration) {
        let span = nanos(duration.max(Duration::from_millis(1)));
        let mut timer = pin!(Timer::new(self, self.now().saturating_add(span)));
        // At the end of the clock's range there is nothing to wait for. Returning pending once yields to other tasks.
        let mut pended = false;
        poll_fn(|cx| {
            if mem::replace(&mut pended, true) {
                return timer.as_mut().poll(self, cx);
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}
