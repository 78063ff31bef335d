//! The deadline of a call that is pending.

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

impl Deadline {
    /// To be asked whenever the call has been polled and is pending: its permit, or, once its time is over, the error. Then
    /// it has been recorded.
    #[inline(never)]
    pub(super) fn check<'a>(
        deadline: &mut Option<Pin<Box<Self>>>,
        permit: BorrowedPermit<'a>,
        cx: &mut Context<'_>,
    ) -> Result<BorrowedPermit<'a>, CircuitBreakerError> {
        let breaker = permit.breaker();
        let deadline = match deadline {
            Some(deadline) => deadline,
            None => match breaker.request_timeout() {
                Some(timeout) => deadline.insert(Box::pin(Self::new(timeout, &permit))),
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
