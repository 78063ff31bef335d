//! The deadline of a pending call.

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

/// The deadline of a call. It is created when the call is first pending, so that a call that is ready immediately has
/// no cost.
///
/// Its drop is part of every future. It is written by hand, so that only one test is inlined there.
pub(super) struct DeadlineSlot(ManuallyDrop<Option<Pin<Box<Deadline>>>>);

impl DeadlineSlot {
    #[inline]
    pub(super) fn empty() -> Self {
        Self(ManuallyDrop::new(None))
    }

    /// Drops the deadline of a call that has ended, if it was ever pending.
    #[inline]
    pub(super) fn clear(&mut self) {
        if self.0.is_some() {
            release(&mut self.0);
        }
    }
}

/// A panic can at most leave the timer without effect. Implemented explicitly, because otherwise the types of calls
/// would be unwind safe only without tokio.
impl UnwindSafe for DeadlineSlot {}
impl RefUnwindSafe for DeadlineSlot {}

impl Drop for DeadlineSlot {
    #[inline]
    fn drop(&mut self) {
        self.clear();
    }
}

#[cold]
#[inline(never)]
fn release(slot: &mut ManuallyDrop<Option<Pin<Box<Deadline>>>>) {
    drop(ManuallyDrop::into_inner(mem::replace(slot, ManuallyDrop::new(None))));
}

/// A permit whose call may time out.
pub(super) trait Limited {
    fn breaker(&self) -> &CircuitBreaker;
    /// When the call was admitted, if that is known.
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

/// Returns the own timeout of an annotated function, from nanoseconds or 0 for none.
pub(super) fn own_timeout(of_function: u64) -> OwnTimeout {
    if of_function == 0 { OwnTimeout::Nothing } else { OwnTimeout::Function(of_function) }
}

impl Deadline {
    /// Checks the deadline after each poll that is pending: returns the permit, or, once the call has timed out,
    /// records the timeout and returns the error. `of_function` is the function's own timeout in nanoseconds, or 0.
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

    /// Returns the error once a pending call has timed out, by its own timeout if it has one, or by that of its
    /// service.
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

    /// Creates a deadline. The timeout starts at the admission, if its time is known, because a first poll may take
    /// long.
    fn new(timeout: Duration, permit: &impl Limited) -> Self {
        let clock = permit.breaker().clock();
        let start = permit.started().unwrap_or_else(|| clock.now());
        Self { timeout, timer: Timer::new(clock, start.saturating_add(nanos(timeout))) }
    }
}
