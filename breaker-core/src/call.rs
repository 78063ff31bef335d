//! Runs functions and futures under a permit, and records their outcome. Handles cancellation, panics and timeouts.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::breaker::CircuitBreaker;
use crate::error::{CallError, CircuitBreakerError, Rejection};
use crate::outcome::Outcome;
use crate::permit::BorrowedPermit;
use crate::site::asked::Asked;

mod answer;
mod deadline;
mod ended;
#[cfg(feature = "test-util")]
pub(crate) mod injection;
mod misuse;
mod permit_future;
mod permit_stream;
mod polled_permit;
mod released;

use answer::{Answer, Classified, Mapped};
use deadline::{Deadline, DeadlineSlot};
pub use ended::Ended;
pub(crate) use ended::ErrorMaker;
#[cfg(feature = "test-util")]
use injection::{Injection, Step};
use misuse::polled_after_its_end;
pub use permit_future::PermitFuture;
pub use permit_stream::PermitStream;
pub use polled_permit::PolledPermit;
pub use released::Released;

impl CircuitBreaker {
    /// Runs `f` if the circuit admits the call. `Ok` counts as a success, `Err` as a failure. A panic counts as a
    /// failure and keeps unwinding.
    ///
    /// If the call is a probe of a half-open circuit, calls of this breaker that `f` makes are part of the probe: they
    /// are admitted and not counted, and only the result of `f` matters. Once the lease of the probe has ended, or the
    /// circuit has changed its state, they are ordinary calls. Calls in threads and tasks that `f` spawns are ordinary
    /// calls, too.
    ///
    /// # Errors
    /// Returns [`CallError::Inner`] with the error of `f`, or [`CallError::Breaker`] if the call was rejected and `f`
    /// was not run.
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    pub fn call<T, E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<T, CallError<E>> {
        self.call_classified(f, Outcome::of)
    }

    /// Like [`call`](Self::call), but `classify` decides the outcome that is counted.
    ///
    /// # Errors
    /// As for `call`. The result of `f` is returned unchanged, whatever `classify` returns.
    #[expect(clippy::inline_always, reason = "as `call`")]
    #[inline(always)]
    pub fn call_classified<T, E>(
        &self,
        f: impl FnOnce() -> Result<T, E>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, CallError<E>> {
        let running = match self.begin_here() {
            Ok(running) => running,
            Err(rejection) => return Err(CallError::Breaker(rejection.into())),
        };
        let result = f();
        let outcome = classify(&result);
        running.end(outcome.into());
        result.map_err(CallError::Inner)
    }

    /// Runs `future` if the circuit admits the call. Admission is requested when the returned future is first polled.
    ///
    /// If the returned future is dropped before it ends, the call is abandoned. A panic in `future` counts as a failure
    /// and keeps unwinding. Several calls may run in one task (`join!`): if one of them panics, the others, which are
    /// dropped, are abandoned.
    ///
    /// Calls of this breaker that `future` makes while it is polled as a probe are part of the probe, as for
    /// [`call`](Self::call). A call that is first polled there is not counted, wherever it ends.
    ///
    /// # Request timeout
    /// If the service has a `request_timeout`, a future that takes longer is dropped, and the call counts as a failure
    /// and a timeout. (A `request_timeout` in an attribute belongs to its function and does not apply here.)
    ///
    /// The timeout starts at the admission, which is the first poll of the returned future. (With
    /// `response_times = false`, the admission reads no clock, so the timeout starts at the end of the first poll.) The
    /// deadline is checked after each poll of `future`: if the poll returns a result, the result is returned, however
    /// late, and its response time is counted.
    ///
    /// A background thread of this crate wakes the task at the deadline, in any executor. If tokio's time is paused
    /// when the call is first pending, the timeout also follows that time. While the executor is blocked, the call is
    /// not polled: if the executor is blocked for 3 s, a timeout of 100 ms takes effect after 3 s. A call that is
    /// dropped before that is abandoned.
    ///
    /// # Errors
    /// Returns [`CallError::Inner`] with the error of `future`, or [`CallError::Breaker`] if the call was rejected or
    /// timed out.
    #[inline]
    pub fn call_async<T, E, F>(&self, future: F) -> impl Future<Output = Result<T, CallError<E>>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_async_classified(future, Outcome::of)
    }

    /// Like [`call_async`](Self::call_async), but `classify` decides the outcome that is counted.
    ///
    /// # Errors
    /// As for `call_async`. The result of `future` is returned unchanged, whatever `classify` returns.
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
        let answer = Classified(classify);
        Call::Live { stage: Stage::Fresh(self, answer), deadline: DeadlineSlot::empty(), future }
    }

    /// Like [`call_async_classified`](Self::call_async_classified), but `map_error` makes the error of a rejection or a
    /// timeout: the future returns the same type as `future`, and its result is moved less often. For clients behind a
    /// breaker, whose trait prescribes the error.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config, Mode, Outcome};
    /// use std::io;
    ///
    /// # futures::executor::block_on(async {
    /// let breaker = CircuitBreaker::new("files", Config::default());
    /// breaker.set_mode(Mode::ForcedOpen);
    /// let read = async { Ok(7) };
    /// let answer: io::Result<i32> = breaker.call_async_mapped(read, Outcome::of, io::Error::other).await;
    /// assert_eq!(answer.unwrap_err().to_string(), "circuit breaker `files` is forced open: call rejected");
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the error of `future`, or what `map_error` returns if the call was rejected or timed out.
    #[inline]
    pub fn call_async_mapped<T, E, F, C, M>(
        &self,
        future: F,
        classify: C,
        map_error: M,
    ) -> impl Future<Output = Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
        C: FnOnce(&Result<T, E>) -> Outcome,
        M: FnOnce(CircuitBreakerError) -> E,
    {
        let answer = Mapped { classify, map_error };
        Call::Live { stage: Stage::Fresh(self, answer), deadline: DeadlineSlot::empty(), future }
    }
}

/// Where a call is, and what it needs when it ends.
enum Stage<'a, C = ()> {
    Fresh(&'a CircuitBreaker, C),
    /// Admitted, but not polled: a test may inject a fault.
    #[cfg(feature = "test-util")]
    Given(BorrowedPermit<'a>, C),
    Admitted(BorrowedPermit<'a>, C),
    Ended,
}

impl<'a> Stage<'a> {
    /// Returns the stage of a call that was admitted before its first poll.
    #[inline]
    fn given(permit: BorrowedPermit<'a>) -> Self {
        #[cfg(feature = "test-util")]
        return Self::Given(permit, ());
        #[cfg(not(feature = "test-util"))]
        Self::Admitted(permit, ())
    }

    #[cfg(feature = "test-util")]
    fn is_before_first_poll(&self) -> bool {
        matches!(self, Self::Fresh(..) | Self::Given(..))
    }
}

impl<'a, C> Stage<'a, C> {
    /// Takes the permit for the next poll. The first time, it asks the breaker for one.
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    fn go_on(&mut self) -> Result<(BorrowedPermit<'a>, C), (Rejection, C)> {
        match std::mem::replace(self, Stage::Ended) {
            Stage::Admitted(permit, rest) => Ok((permit.resumed(), rest)),
            #[cfg(feature = "test-util")]
            Stage::Given(permit, rest) => Ok((permit.resumed(), rest)),
            Stage::Fresh(breaker, rest) => match breaker.borrow_permit() {
                Ok(permit) => Ok((permit, rest)),
                Err(rejection) => Err((rejection, rest)),
            },
            Stage::Ended => polled_after_its_end(),
        }
    }
}

pin_project! {
    /// The future that `call_async` returns. It asks the breaker when it is first polled.
    #[project = CallParts]
    enum Call<'a, F, A> {
        Live {
            stage: Stage<'a, A>,
            // Created when the future is first pending, so that a future that is ready immediately has no cost.
            deadline: DeadlineSlot,
            #[pin]
            future: F,
        },
        // Rejected or timed out. The future has been dropped, because the caller may keep this one.
        Over,
    }
}

impl<T, E, F, A> Future for Call<'_, F, A>
where
    F: Future<Output = Result<T, E>>,
    A: Answer<T, E>,
{
    type Output = A::Output;

    #[expect(clippy::inline_always, reason = "one future, polled in one place; saves a move of its result")]
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self;
        let CallParts::Live { stage, deadline, future } = this.as_mut().project() else { polled_after_its_end() };
        let (permit, answer) = match stage.go_on() {
            Ok(admitted) => admitted,
            Err((rejection, answer)) => {
                this.set(Call::Over);
                return Poll::Ready(answer.refused(rejection.into()));
            }
        };
        let guard = permit.guard();
        let polled = future.poll(cx);
        let permit = guard.end();
        // By reference: a large result is moved less often so.
        let Poll::Ready(result) = &polled else {
            return match Deadline::over(deadline, permit, 0, cx) {
                Ok(permit) => {
                    *stage = Stage::Admitted(permit, answer);
                    Poll::Pending
                }
                Err(error) => {
                    this.set(Call::Over);
                    Poll::Ready(answer.refused(error))
                }
            };
        };
        let guard = permit.guard();
        let outcome = answer.classify(result);
        guard.end().record(outcome);
        polled.map(A::ended)
    }
}

pin_project! {
    /// The future that an annotated function awaits where it is created, and that is dropped there as soon as it has
    /// ended. `O` is the function's own timeout. As a field, it would enlarge every future and slow every call.
    pub struct Run<'a, F, O = Within<0>> {
        stage: Stage<'a>,
        deadline: DeadlineSlot,
        injection: Injection,
        #[pin]
        future: F,
        own: PhantomData<O>,
    }
}

/// A function's own `request_timeout` in nanoseconds: 0 if it has none, `u64::MAX` if it is off.
#[derive(Debug)]
pub struct Within<const NANOS: u64>;

/// A function's own timeout as a type.
pub trait Own {
    /// See [`Within`].
    const NANOS: u64;
}

impl<const NANOS: u64> Own for Within<NANOS> {
    const NANOS: u64 = NANOS;
}

/// Without `test-util`, nothing is injected.
#[cfg(not(feature = "test-util"))]
struct Injection;

#[cfg(not(feature = "test-util"))]
impl Injection {
    const NEW: Self = Self;
}

impl<'a, F, O> Run<'a, F, O> {
    /// Creates a call that asks the breaker first.
    #[inline]
    pub fn asking(asked: impl Asked<'a>, future: F) -> Self {
        Self::at(Stage::Fresh(asked.breaker(), ()), future)
    }

    /// Creates a call that was admitted already.
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
            Ok((permit, ())) => permit,
            Err((rejection, ())) => return Poll::Ready(Ended::Rejected(rejection.into())),
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

/// Returns `Pending`, unless the call has timed out.
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
            *stage = Stage::Admitted(permit, ());
            Poll::Pending
        }
        Err(error) => Poll::Ready(Ended::Rejected(error)),
    }
}
