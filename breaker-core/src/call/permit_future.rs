//! A future that owns its permit, for layers and clients that have to name the type of the futures that they return.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::deadline::{Deadline, DeadlineSlot};
use super::misuse::polled_after_its_end;
use crate::error::CallError;
use crate::outcome::{ByResult, Classify};
use crate::permit::Permit;

pin_project! {
    /// A future that runs under a permit. Returned by [`Permit::run`]. Its output is that of the inner future, or the
    /// breaker's timeout. If it is dropped before it ends, the call is abandoned.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct PermitFuture<F, C = ByResult> {
        // Without a call once the outcome is recorded. Not an `Option` that is taken at each poll: moving the permit
        // would cost every call.
        permit: Permit,
        deadline: DeadlineSlot,
        timeout: Option<Duration>,
        #[pin]
        future: Option<F>,
        classifier: C,
    }
}

impl Permit {
    /// Runs a future under this permit and records its outcome: `Ok` is a success; `Err` or a panic of the future is a
    /// failure. A `request_timeout` drops the future as for [`call_async`](crate::CircuitBreaker::call_async).
    ///
    /// The returned type can be named, is `'static` if the future is, and allocates nothing (with a timeout, once if it
    /// is pending).
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config, PermitFuture};
    /// use std::future::{Ready, ready};
    ///
    /// type Answer = Result<u32, String>;
    ///
    /// fn ask(breaker: &CircuitBreaker) -> Result<PermitFuture<Ready<Answer>>, breaker_core::Rejection> {
    ///     Ok(breaker.try_acquire()?.run(ready(Ok(42))))
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let breaker = CircuitBreaker::new("oracle", Config::default());
    /// assert_eq!(ask(&breaker)?.await, Ok(42));
    /// assert_eq!(breaker.metrics().successes, 1);
    /// # Ok::<(), breaker_core::Rejection>(())
    /// # }).unwrap();
    /// ```
    pub fn run<T, E, F: Future<Output = Result<T, E>>>(self, future: F) -> PermitFuture<F> {
        self.run_classified(future, ByResult)
    }

    /// Like [`run`](Self::run), but `classifier` decides the outcome that is counted. Make one from a closure with
    /// [`classify_fn`](crate::classify_fn) or [`classify_error`](crate::classify_error).
    pub fn run_classified<T, E, F, C>(self, future: F, classifier: C) -> PermitFuture<F, C>
    where
        F: Future<Output = Result<T, E>>,
        C: Classify<Result<T, E>>,
    {
        let permit = self.kept();
        PermitFuture { permit, deadline: DeadlineSlot::empty(), timeout: None, future: Some(future), classifier }
    }
}

impl<F, C> PermitFuture<F, C> {
    /// Sets the timeout of this call, in place of the service's `request_timeout`. It starts at the admission if
    /// response times are measured, otherwise when the call is first pending. Setting it after the call was pending has
    /// no effect.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }
}

impl<T, E, F, C> Future for PermitFuture<F, C>
where
    F: Future<Output = Result<T, E>>,
    C: Classify<Result<T, E>>,
{
    type Output = Result<T, CallError<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { polled_after_its_end() };
        let Some(polled) = this.permit.polled_now() else { polled_after_its_end() };
        let Poll::Ready(result) = future.poll(cx) else {
            polled.leave();
            let Some(error) = Deadline::check(this.deadline, &*this.permit, (*this.timeout).into(), cx) else {
                return Poll::Pending;
            };
            this.permit.time_out();
            // Dropped now, because the caller may keep this future.
            this.deadline.clear();
            this.future.set(None);
            return Poll::Ready(Err(CallError::Breaker(error)));
        };
        this.future.set(None);
        let outcome = this.classifier.classify(&result);
        polled.record(outcome);
        this.deadline.clear();
        match result {
            Ok(value) => Poll::Ready(Ok(value)),
            Err(error) => Poll::Ready(Err(CallError::Inner(error))),
        }
    }
}

impl<F, C> fmt::Debug for PermitFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitFuture").field("permit", &self.permit).finish_non_exhaustive()
    }
}
