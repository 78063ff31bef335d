//! Running code that bypasses breakers.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::engine::frames::Frame;

pin_project! {
    /// Future returned by [`bypass`].
    #[must_use = "futures do nothing unless they are polled"]
    pub struct Bypass<F> {
        #[pin]
        future: F,
    }
}

/// Runs a future whose calls bypass all breakers: they run without admission, in every state and mode, and are not
/// counted. Use it for repair jobs, backfills and manual probes, which have to reach a service that is down and whose
/// results say nothing about its traffic.
///
/// This applies to annotated functions and to direct calls: [`call`](crate::CircuitBreaker::call),
/// [`call_async`](crate::CircuitBreaker::call_async), [`try_acquire`](crate::CircuitBreaker::try_acquire) (the permit
/// records nothing), [`peek`](crate::CircuitBreaker::peek) and [`record`](crate::CircuitBreaker::record). The
/// attribute's other features still apply: `request_timeout` cuts the call off, and a failure runs the fallback;
/// neither is counted.
///
/// A call bypasses the breaker if it is admitted while this future is polled; an async call is admitted at its first
/// poll. It stays uncounted wherever it ends. A call that was admitted outside is counted wherever it ends. Spawned
/// tasks and threads are not part of the bypass; wrap the code they run.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config, Mode, bypass};
///
/// # futures::executor::block_on(async {
/// let breaker = CircuitBreaker::new("orders", Config::default());
/// breaker.set_mode(Mode::ForcedOpen);
/// let repaired = bypass(async { breaker.call_async(async { Ok::<_, String>(3) }).await }).await;
/// assert_eq!((repaired, breaker.metrics().requests), (Ok(3), 0));
/// # });
/// ```
pub fn bypass<F: Future>(future: F) -> Bypass<F> {
    Bypass { future }
}

/// Runs a function whose calls bypass all breakers; like [`bypass`], for code that is not async.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config, Mode, bypass_sync};
///
/// let breaker = CircuitBreaker::new("orders", Config::default());
/// breaker.set_mode(Mode::ForcedOpen);
/// assert_eq!(bypass_sync(|| breaker.call(|| Ok::<_, String>(3))), Ok(3));
/// assert!(breaker.call(|| Ok::<_, String>(3)).is_err());
/// ```
pub fn bypass_sync<R>(f: impl FnOnce() -> R) -> R {
    let _frame = Frame::BYPASS.guard();
    f()
}

impl<F: Future> Future for Bypass<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let future = self.project().future;
        bypass_sync(|| future.poll(cx))
    }
}

impl<F> fmt::Debug for Bypass<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bypass").finish_non_exhaustive()
    }
}
