//! One call, in each way in which a call can be made and can end.

use std::future::{Future, pending};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use breaker_core::{CircuitBreaker, Outcome};

use crate::tally::Tally;

/// How a call should end if it is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    Succeed,
    Fail,
    Ignore,
    /// The future is dropped while it is pending.
    Drop,
    /// Panics are expensive, so few calls panic.
    Panic,
}

impl Plan {
    /// Out of 10 calls one fails, out of 100 one is ignored, out of 1,000 one is dropped, out of 1,000,000 one panics.
    #[inline]
    pub(crate) fn of(n: u64) -> Self {
        match n {
            n if n % 10 == 3 => Self::Fail,
            n if n % 100 == 7 => Self::Ignore,
            n if n % 1_000 == 11 => Self::Drop,
            n if n % 1_000_000 == 21 => Self::Panic,
            _ => Self::Succeed,
        }
    }
}

/// Makes call `n` of this thread: as a function, a future, or with a permit.
#[inline]
pub(crate) fn make(breaker: &CircuitBreaker, n: u64, plan: Plan, tally: &mut Tally) {
    tally.calls += 1;
    match plan {
        Plan::Ignore => tally.ignored(&breaker.call_classified(|| Err::<u64, _>(n), |_| Outcome::Ignore)),
        Plan::Drop => dropped(breaker, tally),
        Plan::Panic => panicking(breaker, tally),
        Plan::Succeed | Plan::Fail => {
            let result = || if plan == Plan::Fail { Err(n) } else { Ok(black_box(n)) };
            match n % 16 {
                0..4 => tally.judged(&at_once(breaker.call_async(async { result() }))),
                4 => with_permit(breaker, plan, tally),
                _ => tally.judged(&breaker.call(result)),
            }
        }
    }
}

fn with_permit(breaker: &CircuitBreaker, plan: Plan, tally: &mut Tally) {
    match breaker.try_acquire() {
        Err(rejection) => tally.rejected(&rejection),
        Ok(permit) if plan == Plan::Fail => {
            permit.failure();
            tally.failures += 1;
        }
        Ok(permit) => {
            permit.success();
            tally.successes += 1;
        }
    }
}

fn dropped(breaker: &CircuitBreaker, tally: &mut Tally) {
    let call = pin!(breaker.call_async(pending::<Result<u64, u64>>()));
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => tally.abandoned += 1,
        Poll::Ready(rejected) => tally.judged(&rejected),
    }
}

fn panicking(breaker: &CircuitBreaker, tally: &mut Tally) {
    // `resume_unwind` skips the panic hook, which would print a message.
    match catch_unwind(AssertUnwindSafe(|| breaker.call(|| -> Result<u64, u64> { resume_unwind(Box::new(())) }))) {
        Err(_) => tally.failures += 1,
        Ok(rejected) => tally.judged(&rejected),
    }
}

#[inline]
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the work waits for nothing"),
    }
}
