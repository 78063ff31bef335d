//! Calls: the function or future that runs between a permit and its outcome. Cancel, panic, request timeout.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::breaker::CircuitBreaker;
use crate::error::{CallError, Rejection};
use crate::outcome::Outcome;
use crate::permit::BorrowedPermit;
use crate::site::asked::Asked;

mod deadline;
mod ended;
#[cfg(feature = "test-util")]
pub(crate) mod injection;
mod misuse;
mod permit_future;
mod permit_stream;
mod released;

use deadline::{Deadline, DeadlineSlot};
pub use ended::Ended;
pub(crate) use ended::ErrorMaker;
#[cfg(feature = "test-util")]
use injection::{Injection, Step};
use misuse::polled_after_its_end;
pub use permit_future::PermitFuture;
pub use permit_stream::PermitStream;
pub use released::Released;

impl CircuitBreaker {
    /// Runs `f` if the circuit lets it: `Ok` counts as a success, `Err` as a failure. A panic counts as a failure and
    /// keeps unwinding.
    ///
    /// If the call is a probe of a half-open circuit, calls of this breaker that `f` makes are a part of it: they are
    /// admitted, whatever they are, and not counted. Only the result of `f` decides. This holds as long as the probe does: once its
    /// lease has ended, or the circuit has moved, they are ordinary calls. Threads and tasks that `f` spawns are not a part.
    ///
    /// # Errors
    /// [`CallError::Inner`] is the error of `f`; [`CallError::Breaker`] says that `f` was not run.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    pub fn call<T, E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<T, CallError<E>> {
        self.call_classified(f, Outcome::of)
    }

    /// Like [`call`](Self::call); `classify` says what the result means to the circuit.
    ///
    /// # Errors
    /// As for `call`: the result of `f` is returned as it is, whatever `classify` makes of it.
    #[expect(clippy::inline_always, reason = "as `call`")]
    #[inline(always)]
    pub fn call_classified<T, E>(
        &self,
        f: impl FnOnce() -> Result<T, E>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        let (own, ticket) = match self.begin_here() {
            Ok(admitted) => admitted,
            Err(rejection) => return Err(CallError::Breaker(rejection.into())),
        };
        let guard = BorrowedPermit::new(self, ticket).guard();
        let result = f();
        let outcome = classify(&result);
        guard.end().end_here(own, outcome.into());
        result.map_err(CallError::Inner)
    }

    /// Runs `future` if the circuit lets it; the breaker is asked when the returned future is first polled.
    ///
    /// If the returned future is dropped before it ends, the call is abandoned. A panic in `future` counts as a failure and
    /// keeps unwinding. Several calls may run in one task (`join!`), each for itself: what a panic in one of them drops is
    /// abandoned.
    ///
    /// Calls of this breaker that `future` makes while it is polled as a probe are a part of the probe, as for
    /// [`call`](Self::call). One that is first polled there stays uncounted wherever it ends.
    ///
    /// # Request timeout
    /// With a `request_timeout` of the service, a future that takes longer is dropped: a failure, and a timeout. (What an
    /// attribute sets is that of its function, and does not hold here.)
    ///
    /// The time counts from the admission, which is the first poll of the returned future. (With `response_times = false`,
    /// the admission reads no clock: it counts from the end of the first poll.) The deadline is checked after each poll of
    /// `future`, so a result that is ready by then is returned, however late, with the response time that it took.
    ///
    /// A thread of the breaker's own wakes the task at the deadline, in any executor. Where tokio's time is paused when the
    /// call is first pending, the timeout passes by that time, too. While the executor is blocked, nothing polls the call: a
    /// timeout of 100 ms comes after 3 s if the executor stands still for 3 s. A call that is dropped by then is abandoned.
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
        Call {
            stage: Stage::Fresh(self),
            deadline: DeadlineSlot::empty(),
            future: Some(future),
            classify: Some(classify),
        }
    }
}

enum Stage<'a> {
    Fresh(&'a CircuitBreaker),
    /// Admitted, but not polled: a test may inject a fault.
    #[cfg(feature = "test-util")]
    Given(BorrowedPermit<'a>),
    Admitted(BorrowedPermit<'a>),
    Ended,
}

impl<'a> Stage<'a> {
    /// Of a call that was admitted before its first poll.
    #[inline]
    fn given(permit: BorrowedPermit<'a>) -> Self {
        #[cfg(feature = "test-util")]
        return Self::Given(permit);
        #[cfg(not(feature = "test-util"))]
        Self::Admitted(permit)
    }

    #[cfg(feature = "test-util")]
    fn is_before_first_poll(&self) -> bool {
        matches!(self, Self::Fresh(_) | Self::Given(_))
    }

    /// The permit to poll under, taken out; the breaker is asked for it the first time.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    fn go_on(&mut self) -> Result<BorrowedPermit<'a>, Rejection> {
        match std::mem::replace(self, Stage::Ended) {
            Stage::Admitted(permit) => Ok(permit.resumed()),
            #[cfg(feature = "test-util")]
            Stage::Given(permit) => Ok(permit.resumed()),
            Stage::Fresh(breaker) => breaker.borrow_permit(),
            Stage::Ended => polled_after_its_end(),
        }
    }
}

pin_project! {
    /// What `call_async` gives: it asks the breaker when it is first polled.
    struct Call<'a, F, C> {
        stage: Stage<'a>,
        // Made when the future is first pending, so that one that is ready at once pays nothing.
        deadline: DeadlineSlot,
        #[pin]
        future: Option<F>,
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
        let mut this = self.project();
        let permit = match this.stage.go_on() {
            Ok(permit) => permit,
            Err(rejection) => {
                this.future.set(None);
                return Poll::Ready(Err(CallError::Breaker(rejection.into())));
            }
        };
        let Some(future) = this.future.as_mut().as_pin_mut() else { polled_after_its_end() };
        let guard = permit.guard();
        let polled = future.poll(cx);
        let permit = guard.end();
        let Poll::Ready(result) = polled else {
            return match Deadline::over(this.deadline, permit, 0, cx) {
                Ok(permit) => {
                    *this.stage = Stage::Admitted(permit);
                    Poll::Pending
                }
                Err(error) => {
                    // Now, not with this future, which its caller may keep.
                    this.future.set(None);
                    Poll::Ready(Err(CallError::Breaker(error)))
                }
            };
        };
        if let Some(classify) = this.classify.take() {
            let guard = permit.guard();
            let outcome = classify(&result);
            guard.end().record(outcome);
        }
        Poll::Ready(result.map_err(CallError::Inner))
    }
}

pin_project! {
    /// What an annotated function awaits where it is made; dropped there as soon as it has ended.
    /// `O` is the function's own timeout. As a value it would make every future larger, and every call longer.
    pub struct Run<'a, F, O = Within<0>> {
        stage: Stage<'a>,
        deadline: DeadlineSlot,
        injection: Injection,
        #[pin]
        future: F,
        own: PhantomData<O>,
    }
}

/// A function's own `request_timeout` in nanoseconds: 0 where it has none, `u64::MAX` where it is off.
#[derive(Debug)]
pub struct Within<const NANOS: u64>;

/// An own timeout as a type.
pub trait Own {
    /// See [`Within`].
    const NANOS: u64;
}

impl<const NANOS: u64> Own for Within<NANOS> {
    const NANOS: u64 = NANOS;
}

/// Nothing is injected.
#[cfg(not(feature = "test-util"))]
struct Injection;

#[cfg(not(feature = "test-util"))]
impl Injection {
    const NEW: Self = Self;
}

impl<'a, F, O> Run<'a, F, O> {
    /// Asks the breaker first.
    #[inline]
    pub fn asking(asked: impl Asked<'a>, future: F) -> Self {
        Self::at(Stage::Fresh(asked.breaker()), future)
    }

    /// Runs under a permit that was given already.
    #[inline]
    pub fn new(permit: BorrowedPermit<'a>, future: F) -> Self {
        Self::at(Stage::given(permit), future)
    }

    #[inline]
    fn at(stage: Stage<'a>, future: F) -> Self {
        Self { stage, deadline: DeadlineSlot::empty(), injection: Injection::NEW, future, own: PhantomData }
    }
}

impl<'a, F: Future, O: Own> Future for Run<'a, F, O> {
    type Output = Ended<'a, F::Output>;

    #[expect(clippy::inline_always, reason = "as for `Call`")]
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        #[cfg(feature = "test-util")]
        let is_first = this.stage.is_before_first_poll();
        let permit = match this.stage.go_on() {
            Ok(permit) => permit,
            Err(rejection) => return Poll::Ready(Ended::Rejected(rejection.into())),
        };
        #[cfg(feature = "test-util")]
        let permit = match this.injection.poll(is_first, permit, O::NANOS, cx) {
            Step::Body(permit) => permit,
            Step::Wait(permit) => return wait(this.stage, this.deadline, permit, O::NANOS, cx),
            Step::End(ended) => return Poll::Ready(ended),
        };
        let guard = permit.guard();
        let polled = this.future.poll(cx);
        let permit = guard.end();
        let Poll::Ready(result) = polled else {
            return wait(this.stage, this.deadline, permit, O::NANOS, cx);
        };
        Poll::Ready(Ended::Done(result, permit))
    }
}

/// The call is pending, unless its time is over.
#[expect(clippy::inline_always, reason = "as for `Call`")]
#[inline(always)]
fn wait<'a, R>(
    stage: &mut Stage<'a>,
    deadline: &mut DeadlineSlot,
    permit: BorrowedPermit<'a>,
    of_function: u64,
    cx: &mut Context<'_>,
) -> Poll<Ended<'a, R>> {
    match Deadline::over(deadline, permit, of_function, cx) {
        Ok(permit) => {
            *stage = Stage::Admitted(permit);
            Poll::Pending
        }
        Err(error) => Poll::Ready(Ended::Rejected(error)),
    }
}
