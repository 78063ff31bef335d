//! The deadline of a call that is pending.

use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::clock::nanos;
use crate::engine::ticket::End;
use crate::error::CircuitBreakerError;
use crate::permit::BorrowedPermit;
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

impl Deadline {
    /// To be asked whenever the call has been polled and is pending: its permit, or, once its time is over, the error. Then
    /// it has been recorded.
    #[inline(never)]
    pub(super) fn check<'a>(
        DeadlineSlot(deadline): &mut DeadlineSlot,
        permit: BorrowedPermit<'a>,
        cx: &mut Context<'_>,
    ) -> Result<BorrowedPermit<'a>, CircuitBreakerError> {
        let breaker = permit.breaker();
        let deadline = match &mut **deadline {
            Some(deadline) => deadline,
            none => match breaker.request_timeout() {
                Some(timeout) => none.insert(Box::pin(Self::new(timeout, &permit))),
                None => return Ok(permit),
            },
        };
        let deadline = deadline.as_mut().project();
        if deadline.timer.poll(breaker.clock(), cx) == Poll::Pending {
            return Ok(permit);
        }
        permit.end(End::TimedOut);
        Err(breaker.timed_out(*deadline.timeout))
    }

    /// The time counts from the admission, where that was measured: a first poll may have taken long.
    fn new(timeout: Duration, permit: &BorrowedPermit<'_>) -> Self {
        let clock = permit.breaker().clock();
        let start = permit.started().unwrap_or_else(|| clock.now());
        Self { timeout, timer: Timer::new(clock, start.saturating_add(nanos(timeout))) }
    }
}
