//! The deadline of a call that is pending. On the breaker's clock, and, inside a tokio runtime, on a timer of it.

#[cfg(feature = "tokio")]
use std::future::Future;
#[cfg(feature = "tokio")]
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::breaker::CircuitBreaker;
use crate::clock::nanos;
#[cfg(feature = "test-util")]
use crate::clock::{ManualClock, Place};
use crate::engine::cell::End;
use crate::error::CircuitBreakerError;
use crate::permit::Pass;

pub(super) struct Deadline {
    timeout: Duration,
    /// On the breaker's clock.
    at: u64,
    /// Where the task waits for a manual clock.
    #[cfg(feature = "test-util")]
    place: Option<Place>,
    /// Wakes the task, and passes as tokio's time does: when that is paused, too.
    #[cfg(feature = "tokio")]
    sleep: Option<Sleep>,
}

/// tokio's timer, its type erased: dropping a call that has none is then a few instructions at every call site.
#[cfg(feature = "tokio")]
type Sleep = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

impl Deadline {
    /// To be asked whenever the call has been polled and is pending: its pass, or, once its time is over, the error. Then
    /// it has been recorded.
    #[inline(never)]
    pub(super) fn check<'a>(
        deadline: &mut Option<Box<Self>>,
        pass: Pass<'a>,
        cx: &mut Context<'_>,
    ) -> Result<Pass<'a>, CircuitBreakerError> {
        let breaker = pass.breaker();
        let deadline = match deadline {
            Some(deadline) => deadline,
            None => match breaker.request_timeout() {
                Some(timeout) => deadline.insert(Box::new(Self::new(timeout, &pass))),
                None => return Ok(pass),
            },
        };
        if deadline.poll(breaker, cx).is_pending() {
            return Ok(pass);
        }
        pass.end(End::TimedOut);
        Err(breaker.timed_out(deadline.timeout))
    }

    /// The time counts from the admission, where that was measured: a first poll may have taken long.
    fn new(timeout: Duration, pass: &Pass<'_>) -> Self {
        let now = pass.breaker().clock().now();
        let at = pass.started().unwrap_or(now).saturating_add(nanos(timeout));
        Self {
            timeout,
            at,
            #[cfg(feature = "test-util")]
            place: pass.breaker().clock().crank().map(ManualClock::place),
            #[cfg(feature = "tokio")]
            sleep: sleep(Duration::from_nanos(at.saturating_sub(now))),
        }
    }

    fn poll(&mut self, breaker: &CircuitBreaker, cx: &mut Context<'_>) -> Poll<()> {
        #[cfg(feature = "test-util")]
        if let Some(place) = &self.place {
            place.wait(cx.waker());
        }
        if breaker.clock().now() >= self.at {
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
