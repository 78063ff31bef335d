//! The protected work, the same for each subject: next to nothing, so that the breaker dominates the figures.

use std::fmt;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

/// The error of the work. One peer requires `std::error::Error`, so it is implemented for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) u64);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {} failed", self.0)
    }
}

impl std::error::Error for Failed {}

/// A sequence of outcomes: how the calls 1, 2, 3, … end. Call 0 always fails; it is used to open circuits.
pub(crate) trait Stream: Send + Sync + 'static {
    /// Makes call `n`.
    fn work(n: u64) -> Result<u64, Failed>;

    /// Returns how many of the calls 1 to `calls` fail, and the sum of their numbers.
    fn failures(calls: u64) -> (u64, u64);
}

/// Each call succeeds.
pub(crate) struct AllSucceed;

impl Stream for AllSucceed {
    #[inline(never)]
    fn work(n: u64) -> Result<u64, Failed> {
        // No batch is that long, but the compiler doesn't know that.
        if n.is_multiple_of(1 << 40) { Err(Failed(n)) } else { Ok(black_box(n)) }
    }

    fn failures(_: u64) -> (u64, u64) {
        (0, 0)
    }
}

/// The calls 10, 20, 30, … fail.
pub(crate) struct TenthFails;

impl Stream for TenthFails {
    #[inline(never)]
    fn work(n: u64) -> Result<u64, Failed> {
        if n.is_multiple_of(10) { Err(Failed(n)) } else { Ok(black_box(n)) }
    }

    fn failures(calls: u64) -> (u64, u64) {
        multiples(10, calls)
    }
}

/// The first call succeeds, then each pair of calls is a failure and a success.
pub(crate) struct Alternating;

impl Stream for Alternating {
    #[inline(never)]
    fn work(n: u64) -> Result<u64, Failed> {
        if n.is_multiple_of(2) { Err(Failed(n)) } else { Ok(black_box(n)) }
    }

    fn failures(calls: u64) -> (u64, u64) {
        multiples(2, calls)
    }
}

/// Returns how many multiples of `step` there are from 1 to `calls`, and their sum.
fn multiples(step: u64, calls: u64) -> (u64, u64) {
    let count = calls / step;
    (count, step.wrapping_mul(count.wrapping_mul(count + 1) / 2))
}

/// How a call through a breaker ended.
pub(crate) enum CallResult {
    Done(u64),
    Failed,
    Rejected,
}

/// How the calls of a batch ended, as a checksum of all results: the least that a caller does with a result, and the
/// same for all subjects. (It is one number that stays in a register. With a counter for each kind of result, the
/// compiler keeps them in a vector register for some subjects, which must be saved across each call.)
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally(u64);

/// Added for a failure and for a rejection. No sum of a few call numbers comes near these.
const FAILED: u64 = 0x9e37_79b9_7f4a_7c15;
const REJECTED: u64 = 0xd1b5_4a32_d192_ed03;

impl Tally {
    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    pub(crate) fn count(&mut self, result: &CallResult) {
        self.0 = self.0.wrapping_add(match result {
            CallResult::Done(value) => *value,
            CallResult::Failed => FAILED,
            CallResult::Rejected => REJECTED,
        });
    }

    /// Returns the tally of `calls` calls if each one is admitted.
    pub(crate) fn expected<S: Stream>(calls: u64) -> Self {
        let (failed, of_failed) = S::failures(calls);
        let (_, of_all) = multiples(1, calls);
        Self(of_all.wrapping_sub(of_failed).wrapping_add(failed.wrapping_mul(FAILED)))
    }

    /// Returns the tally of `calls` calls if each one is rejected.
    pub(crate) fn all_rejected(calls: u64) -> Self {
        Self(calls.wrapping_mul(REJECTED))
    }
}

/// Polls a future to its end on this thread, so that no executor is part of the figures.
///
/// The work is ready at once. Only a breaker with an async mutex is ever pending, when threads collide in it. Then the
/// thread yields, as in an executor, and polls the future again.
#[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
#[inline(always)]
pub(crate) fn poll<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::yield_now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally<S: Stream>(calls: u64) -> Tally {
        let mut tally = Tally::default();
        for n in 1..=calls {
            let result = S::work(n).map_or(CallResult::Failed, CallResult::Done);
            tally.count(&result);
        }
        tally
    }

    #[test]
    fn the_streams_are_what_they_say() {
        for calls in [1, 9, 10, 11, 1000] {
            assert_eq!(tally::<AllSucceed>(calls), Tally::expected::<AllSucceed>(calls));
            assert_eq!(tally::<TenthFails>(calls), Tally::expected::<TenthFails>(calls));
            assert_eq!(tally::<Alternating>(calls), Tally::expected::<Alternating>(calls));
        }
        assert_eq!(TenthFails::failures(100), (10, 550));
        assert_ne!(tally::<TenthFails>(100), tally::<AllSucceed>(100));
    }

    #[test]
    fn call_zero_fails_in_every_stream() {
        assert!(AllSucceed::work(0).is_err() && TenthFails::work(0).is_err() && Alternating::work(0).is_err());
    }
}
