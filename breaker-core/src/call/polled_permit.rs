//! A permit for calls that are polled in parts, whose outcome is known only later.

use std::fmt;
use std::task::{Context, Poll};

use super::deadline::{Deadline, DeadlineSlot};
use crate::breaker::timeouts::OwnTimeout;
use crate::error::CircuitBreakerError;
use crate::outcome::Outcome;
use crate::permit::Permit;

/// A permit for a call that is polled in parts. Returned by [`Permit::polled`]. If it is dropped before an outcome is
/// recorded, the call is abandoned.
#[must_use = "a permit that is dropped counts as an abandoned call"]
pub struct PolledPermit {
    /// `None` once the outcome of the call is recorded.
    permit: Option<Permit>,
    deadline: DeadlineSlot,
}

impl Permit {
    /// Prepares this permit for a call that is polled in parts and whose outcome is known at the end of the last one:
    /// for example an HTTP response and then its body. If the whole call is one future, use [`run`](Self::run); if it is
    /// one stream, use [`stream`](Self::stream).
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config, Outcome};
    /// use std::future::{poll_fn, ready};
    /// use std::pin::pin;
    ///
    /// # futures::executor::block_on(async {
    /// let breaker = CircuitBreaker::new("files", Config::default());
    /// let mut permit = breaker.try_acquire()?.polled();
    /// let (mut headers, mut body) = (pin!(ready(200)), pin!(ready(Err::<(), _>("connection reset"))));
    /// assert_eq!(poll_fn(|cx| permit.poll(cx, |cx| headers.as_mut().poll(cx))).await, Ok(200));
    /// let body = poll_fn(|cx| permit.poll(cx, |cx| body.as_mut().poll(cx))).await?;
    /// permit.record(if body.is_ok() { Outcome::Success } else { Outcome::Failure });
    /// assert_eq!(breaker.metrics().failures, 1);
    /// # Ok::<(), breaker_core::CircuitBreakerError>(())
    /// # }).unwrap();
    /// ```
    pub fn polled(self) -> PolledPermit {
        PolledPermit { permit: Some(self.kept()), deadline: DeadlineSlot::empty() }
    }
}

impl PolledPermit {
    /// Polls a part of the call under the permit. A panic in it counts as a failure of the call. The service's
    /// `request_timeout` covers all parts together.
    ///
    /// After the end of the call, `part` is polled without the permit.
    ///
    /// # Errors
    /// Returns the timeout once the call has taken longer than `request_timeout`. It is recorded; drop the part.
    pub fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        part: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, CircuitBreakerError>> {
        let Some(permit) = &mut self.permit else { return part(cx).map(Ok) };
        let Some(polled) = permit.polled_now() else { return part(cx).map(Ok) };
        let part = part(cx);
        polled.leave();
        if part.is_pending()
            && let Some(error) = Deadline::check(&mut self.deadline, permit, OwnTimeout::Nothing, cx)
        {
            permit.time_out();
            self.permit = None;
            self.deadline.clear();
            return Poll::Ready(Err(error));
        }
        part.map(Ok)
    }

    /// Records the outcome of the call. Does nothing if the call has timed out.
    pub fn record(mut self, outcome: Outcome) {
        if let Some(permit) = self.permit.take() {
            permit.record(outcome);
        }
    }
}

impl fmt::Debug for PolledPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolledPermit").field("permit", &self.permit).finish_non_exhaustive()
    }
}
