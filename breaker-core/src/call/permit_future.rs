//! A future that owns its permit: for layers and clients that name the futures they return.

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
    /// A future under a permit: see [`Permit::run`]. It gives what the future gives, or the breaker's timeout. Dropped
    /// before its end, the call is abandoned.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct PermitFuture<F, C = ByResult> {
        permit: Option<Permit>,
        deadline: DeadlineSlot,
        timeout: Option<Duration>,
        #[pin]
        future: Option<F>,
        classifier: C,
    }
}

impl Permit {
    /// Runs a future under this permit, and records how it ended: `Ok` is a success, `Err` a failure, a panic of the future
    /// too. With a `request_timeout` the future is dropped after it, as that of
    /// [`call_async`](crate::CircuitBreaker::call_async) is. What it returns has a name, is `'static` where the future is,
    /// and allocates nothing (with a timeout, once if it is pending).
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

    /// The same; `classifier` says what the result means to the circuit. A closure becomes one by
    /// [`classify_fn`](crate::classify_fn) or [`classify_error`](crate::classify_error).
    pub fn run_classified<T, E, F, C>(self, future: F, classifier: C) -> PermitFuture<F, C>
    where
        F: Future<Output = Result<T, E>>,
        C: Classify<Result<T, E>>,
    {
        let permit = Some(self.held());
        PermitFuture { permit, deadline: DeadlineSlot::empty(), timeout: None, future: Some(future), classifier }
    }
}

impl<F, C> PermitFuture<F, C> {
    /// How long this call may take in place of the service's `request_timeout`: from its admission on where calls are timed,
    /// otherwise from when it is first pending. One that is set after that changes nothing.
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

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(permit), Some(future)) = (this.permit.take(), this.future.as_mut().as_pin_mut()) else {
            polled_after_its_end()
        };
        // A panic from here on drops the permit, as a failure of the call.
        let permit = permit.in_use();
        let Poll::Ready(result) = future.poll(cx) else {
            let permit = permit.held();
            let Some(error) = Deadline::check(this.deadline, &permit, (*this.timeout).into(), cx) else {
                *this.permit = Some(permit);
                return Poll::Pending;
            };
            permit.time_out();
            // Now, not with this future, which its caller may keep.
            *this.deadline = DeadlineSlot::empty();
            this.future.set(None);
            return Poll::Ready(Err(CallError::Breaker(error)));
        };
        this.future.set(None);
        let outcome = this.classifier.classify(&result);
        permit.record(outcome);
        *this.deadline = DeadlineSlot::empty();
        Poll::Ready(result.map_err(CallError::Inner))
    }
}

impl<F, C> fmt::Debug for PermitFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitFuture").field("permit", &self.permit).finish_non_exhaustive()
    }
}
