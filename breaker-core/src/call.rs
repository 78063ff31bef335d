//! Calls: the function or future that runs between a permit and its outcome. Cancel, panic, request timeout.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::breaker::CircuitBreaker;
use crate::engine::cell::End;
use crate::error::{CallError, CircuitBreakerError};
use crate::outcome::Outcome;
use crate::permit::Pass;

mod deadline;

use deadline::Deadline;

impl CircuitBreaker {
    /// Runs `f` if the circuit lets it: `Ok` counts as a success, `Err` as a failure, a panic as a failure that goes on.
    ///
    /// # Errors
    /// [`CallError::Inner`] is the error of `f`; [`CallError::Breaker`] says that `f` was not run.
    #[inline]
    pub fn call<T, E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<T, CallError<E>> {
        self.call_classified(f, Outcome::of)
    }

    /// Like [`call`](Self::call); `classify` says what the result means to the circuit.
    ///
    /// # Errors
    /// As for `call`: the result of `f` is returned as it is, whatever `classify` makes of it.
    #[inline]
    pub fn call_classified<T, E>(
        &self,
        f: impl FnOnce() -> Result<T, E>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        let (own, ticket) = match self.plain() {
            Some((own, ticket)) => (Some(own), ticket),
            None => (None, self.admit().map_err(|refused| CallError::Breaker(refused.into()))?),
        };
        let ((result, outcome), pass) = Pass::new(self, ticket).watch(|| {
            let result = f();
            let outcome = classify(&result);
            (result, outcome)
        });
        pass.end_here(own, outcome.into());
        result.map_err(CallError::Inner)
    }

    /// Runs `future` if the circuit lets it; the breaker is asked when the returned future is first polled.
    ///
    /// With a `request_timeout`, a future that takes longer is dropped: a failure, and a timeout. The timer is tokio's
    /// (feature `tokio`, inside a runtime); without it, the time is looked at whenever the future is polled. If the
    /// returned future is dropped before it ends, the call is abandoned.
    ///
    /// # Errors
    /// [`CallError::Inner`] is the error of `future`; [`CallError::Breaker`] says that it was not run, or timed out.
    #[inline]
    pub fn call_async<T, E, F>(&self, future: F) -> impl Future<Output = Result<T, CallError<E>>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_async_classified(future, Outcome::of)
    }

    /// Like [`call_async`](Self::call_async); `classify` says what the result means to the circuit.
    ///
    /// # Errors
    /// As for `call_async`: the result of `future` is returned as it is, whatever `classify` makes of it.
    #[inline]
    pub fn call_async_classified<T, E, F, C>(
        &self,
        future: F,
        classify: C,
    ) -> impl Future<Output = Result<T, CallError<E>>>
    where
        F: Future<Output = Result<T, E>>,
        C: FnOnce(&Result<T, E>) -> Outcome,
    {
        Call { run: Run::asking(self, future), classify: Some(classify) }
    }
}

pin_project! {
    struct Call<'a, F, C> {
        #[pin]
        run: Run<'a, F>,
        classify: Option<C>,
    }
}

impl<T, E, F, C> Future for Call<'_, F, C>
where
    F: Future<Output = Result<T, E>>,
    C: FnOnce(&Result<T, E>) -> Outcome,
{
    type Output = Result<T, CallError<E>>;

    #[expect(clippy::inline_always, reason = "one future, one place that polls it; its result is not moved once more")]
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let finish = |result: Result<T, E>, pass: Pass<'_>| {
            if let Some(classify) = this.classify.take() {
                let (outcome, pass) = pass.watch(|| classify(&result));
                pass.record(outcome);
            }
            result.map_err(CallError::Inner)
        };
        this.run.poll_then(cx, finish, |error| Err(CallError::Breaker(error)))
    }
}

/// How a guarded future ended.
#[derive(Debug)]
pub enum Finished<'a, O> {
    /// It was not run, or dropped at its deadline; that is recorded.
    Refused(CircuitBreakerError),
    /// It gave this; the outcome has to be recorded.
    Done(O, Pass<'a>),
}

enum Stage<'a> {
    Fresh(&'a CircuitBreaker),
    Admitted(Pass<'a>),
    Ended,
}

pin_project! {
    /// A future that runs under a permit: admitted when first polled, unless it was before.
    pub struct Run<'a, F> {
        stage: Stage<'a>,
        // Made when the future is first pending, so that one that is ready at once pays nothing.
        deadline: Option<Box<Deadline>>,
        #[pin]
        future: Option<F>,
    }
}

impl<'a, F> Run<'a, F> {
    /// Will ask `breaker` when first polled.
    #[inline]
    pub(crate) fn asking(breaker: &'a CircuitBreaker, future: F) -> Self {
        Self { stage: Stage::Fresh(breaker), deadline: None, future: Some(future) }
    }

    /// Runs under a permit that was given already.
    #[inline]
    pub fn new(pass: Pass<'a>, future: F) -> Self {
        Self { stage: Stage::Admitted(pass), deadline: None, future: Some(future) }
    }
}

impl<'a, F: Future> Run<'a, F> {
    /// What becomes of the output, or of a refusal or timeout, is told by functions, so that neither is put into an enum
    /// and taken out again: that cost more than all the rest of a call.
    #[expect(clippy::inline_always, reason = "its two callers are the polls of futures, and nothing else")]
    #[inline(always)]
    fn poll_then<R>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        finish: impl FnOnce(F::Output, Pass<'a>) -> R,
        refuse: impl FnOnce(CircuitBreakerError) -> R,
    ) -> Poll<R> {
        let mut this = self.project();
        let pass = match std::mem::replace(this.stage, Stage::Ended) {
            Stage::Admitted(pass) => pass,
            Stage::Fresh(breaker) => match breaker.pass() {
                Ok(pass) => pass,
                Err(rejection) => {
                    this.future.set(None);
                    return Poll::Ready(refuse(rejection.into()));
                }
            },
            Stage::Ended => polled_after_its_end(),
        };
        let Some(future) = this.future.as_mut().as_pin_mut() else { polled_after_its_end() };
        let (polled, pass) = pass.watch(|| future.poll(cx));
        if let Poll::Ready(output) = polled {
            return Poll::Ready(finish(output, pass));
        }
        match Deadline::check(this.deadline, &pass, cx) {
            Poll::Pending => {
                *this.stage = Stage::Admitted(pass);
                Poll::Pending
            }
            Poll::Ready(timeout) => {
                // Dropped here, not with this future: the caller may go on for long, with a fallback.
                this.future.set(None);
                let error = pass.breaker().timed_out(timeout);
                pass.end(End::TimedOut);
                Poll::Ready(refuse(error))
            }
        }
    }
}

#[cold]
fn polled_after_its_end() -> ! {
    panic!("a call was polled after it had ended")
}

impl<'a, F: Future> Future for Run<'a, F> {
    type Output = Finished<'a, F::Output>;

    #[expect(clippy::inline_always, reason = "as for `Call`")]
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_then(cx, Finished::Done, Finished::Refused)
    }
}
