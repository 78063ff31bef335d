//! The deadline of a call that is pending.

use std::task::{Context, Poll};
use std::time::Duration;

use crate::clock::nanos;
use crate::engine::cell::End;
use crate::error::CircuitBreakerError;
use crate::permit::Pass;
use crate::timer::Timer;

pub(super) struct Deadline {
    timeout: Duration,
    timer: Timer,
}

impl Deadline {
    /// To be asked whenever the call has been polled and is pending: its pass, or, once its time is over, the error. Then
    /// it has been recorded.
    #[inline(never)]
    pub(super) fn check<'a>(
        deadline: &mut Option<Box<Self>>,
        pass: Pass<'a>,
        cx: &mut Context<'_>,
    ) -> Result<Pass<'a>, CircuitBreakerError> {
        let breaker = pass.breaker();
        let deadline = match deadline {
            Some(deadline) => deadline,
            None => match breaker.request_timeout() {
                Some(timeout) => deadline.insert(Box::new(Self::new(timeout, &pass))),
                None => return Ok(pass),
            },
        };
        if deadline.timer.poll(breaker.clock(), cx) == Poll::Pending {
            return Ok(pass);
        }
        pass.end(End::TimedOut);
        Err(breaker.timed_out(deadline.timeout))
    }

    /// The time counts from the admission, where that was measured: a first poll may have taken long.
    fn new(timeout: Duration, pass: &Pass<'_>) -> Self {
        let clock = pass.breaker().clock();
        let start = pass.started().unwrap_or_else(|| clock.now());
        Self { timeout, timer: Timer::new(clock, start.saturating_add(nanos(timeout))) }
    }
}
