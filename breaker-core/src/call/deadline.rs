//! The deadline of a call that is pending.

use std::mem::{self, ManuallyDrop};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::breaker::CircuitBreaker;
use crate::breaker::timeouts::OwnTimeout;
use crate::clock::nanos;
use crate::engine::ticket::End;
use crate::error::CircuitBreakerError;
use crate::permit::{BorrowedPermit, Permit};
use crate::timer::Timer;

pin_project! {
    pub(super) struct Deadline {
        timeout: Duration,
        #[pin]
        timer: Timer,
    }
}

/// The deadline of a call, made when the call is first pending: one that is ready at once pays nothing.
///
/// Its drop stands in every future. By hand, so that what is inlined there is one test.
pub(super) struct DeadlineSlot(ManuallyDrop<Option<Pin<Box<Deadline>>>>);

impl DeadlineSlot {
    #[inline]
    pub(super) fn empty() -> Self {
        Self(ManuallyDrop::new(None))
    }
}

/// A timer that a panic has cut short is at most of no use. Said here, or the types of calls would be so only without tokio.
impl UnwindSafe for DeadlineSlot {}
impl RefUnwindSafe for DeadlineSlot {}

impl Drop for DeadlineSlot {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            release(&mut self.0);
        }
    }
}

#[cold]
#[inline(never)]
fn release(slot: &mut ManuallyDrop<Option<Pin<Box<Deadline>>>>) {
    drop(ManuallyDrop::into_inner(mem::replace(slot, ManuallyDrop::new(None))));
}

/// A permit whose call may take too long.
pub(super) trait Limited {
    fn breaker(&self) -> &CircuitBreaker;
    /// When it was given, where that is known.
    fn started(&self) -> Option<u64>;
    fn is_probe(&self) -> bool;
}

impl Limited for BorrowedPermit<'_> {
    fn breaker(&self) -> &CircuitBreaker {
        BorrowedPermit::breaker(self)
    }

    fn started(&self) -> Option<u64> {
        BorrowedPermit::started(self)
    }

    fn is_probe(&self) -> bool {
        BorrowedPermit::is_probe(self)
    }
}

impl Limited for Permit {
    fn breaker(&self) -> &CircuitBreaker {
        Permit::breaker(self)
    }

    fn started(&self) -> Option<u64> {
        Permit::started(self)
    }

    fn is_probe(&self) -> bool {
        Permit::is_probe(self)
    }
}

/// The timeout of an annotated function, in nanoseconds, or 0.
pub(super) fn own_timeout(of_function: u64) -> OwnTimeout {
    if of_function == 0 { OwnTimeout::Nothing } else { OwnTimeout::Function(of_function) }
}

impl Deadline {
    /// To be asked whenever the call has been polled and is pending: its permit, or, once its time is over, the error. Then
    /// it has been recorded. `of_function` is the function's own timeout in nanoseconds, or 0.
    #[inline(never)]
    pub(super) fn over<'a>(
        slot: &mut DeadlineSlot,
        permit: BorrowedPermit<'a>,
        of_function: u64,
        cx: &mut Context<'_>,
    ) -> Result<BorrowedPermit<'a>, CircuitBreakerError> {
        let permit = permit.paused();
        match Self::check(slot, &permit, own_timeout(of_function), cx) {
            None => Ok(permit),
            Some(error) => {
                permit.end(End::TimedOut);
                Err(error)
            }
        }
    }

    /// The error once the time of a pending call is over: its own time, if it has one, or that of its service.
    pub(super) fn check(
        DeadlineSlot(deadline): &mut DeadlineSlot,
        permit: &impl Limited,
        own: OwnTimeout,
        cx: &mut Context<'_>,
    ) -> Option<CircuitBreakerError> {
        let breaker = permit.breaker();
        let deadline = match &mut **deadline {
            Some(deadline) => deadline,
            none => none.insert(Box::pin(Self::new(breaker.call_timeout(own, permit.is_probe())?, permit))),
        };
        let deadline = deadline.as_mut().project();
        let is_over = deadline.timer.poll(breaker.clock(), cx).is_ready();
        is_over.then(|| breaker.timed_out(*deadline.timeout))
    }

    /// The time counts from the admission, where that was measured: a first poll may have taken long.
    fn new(timeout: Duration, permit: &impl Limited) -> Self {
        let clock = permit.breaker().clock();
        let start = permit.started().unwrap_or_else(|| clock.now());
        Self { timeout, timer: Timer::new(clock, start.saturating_add(nanos(timeout))) }
    }
}
