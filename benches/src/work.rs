//! The work that is protected, the same for every subject: next to nothing, so that what is seen is the breaker.

use std::fmt;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

/// The error of the work. One peer asks for `std::error::Error`, so all get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) u64);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {} failed", self.0)
    }
}

impl std::error::Error for Failed {}

/// A stream of outcomes: how the calls 1, 2, 3, … end. Call 0 fails in each of them; it is there to open circuits.
pub(crate) trait Stream: Send + Sync + 'static {
    /// Does call `n`.
    fn work(n: u64) -> Result<u64, Failed>;

    /// How many of the calls 1 to `calls` fail, and the sum of the numbers of these.
    fn failures(calls: u64) -> (u64, u64);
}

/// Every call succeeds.
pub(crate) struct AllSucceed;

impl Stream for AllSucceed {
    #[inline(never)]
    fn work(n: u64) -> Result<u64, Failed> {
        // No batch is that long, but the compiler doesn't know.
        if n.is_multiple_of(1 << 40) { Err(Failed(n)) } else { Ok(black_box(n)) }
    }

    fn failures(_: u64) -> (u64, u64) {
        (0, 0)
    }
}

/// Calls 10, 20, 30, … fail.
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

/// Every other call fails, the first one not: each pair after it is a failure and a success.
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

/// How many multiples of `step` there are from 1 to `calls`, and their sum.
fn multiples(step: u64, calls: u64) -> (u64, u64) {
    let count = calls / step;
    (count, step.wrapping_mul(count.wrapping_mul(count + 1) / 2))
}

/// How a call through a breaker ended.
pub(crate) enum Answer {
    Done(u64),
    Failed,
    Refused,
}

/// How the calls of a batch ended. It is counted for every call that is measured, the same for all: what a caller does
/// with a result, at its least.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) done: u64,
    pub(crate) failed: u64,
    pub(crate) refused: u64,
    pub(crate) sum: u64,
}

impl Tally {
    #[expect(clippy::inline_always, reason = "in the measured loop")]
    #[inline(always)]
    pub(crate) fn count(&mut self, answer: &Answer) {
        match answer {
            Answer::Done(value) => {
                self.done += 1;
                self.sum = self.sum.wrapping_add(*value);
            }
            Answer::Failed => self.failed += 1,
            Answer::Refused => self.refused += 1,
        }
    }

    /// What a batch of `calls` has to give where every call gets through.
    pub(crate) fn expected<S: Stream>(calls: u64) -> Self {
        let (failed, of_failed) = S::failures(calls);
        let (_, of_all) = multiples(1, calls);
        Self { done: calls - failed, failed, refused: 0, sum: of_all.wrapping_sub(of_failed) }
    }

    /// What it has to give where every call is refused.
    pub(crate) fn all_refused(calls: u64) -> Self {
        Self { refused: calls, ..Self::default() }
    }
}

/// Polls a future to its end on this thread: no executor is in the figures.
///
/// The work is ready at once. Only a breaker with an async mutex is ever pending, when threads meet in it: the thread is
/// given up then, as an executor would, and the future polled again.
#[expect(clippy::inline_always, reason = "in the measured loop")]
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
            let answer = S::work(n).map_or(Answer::Failed, Answer::Done);
            tally.count(&answer);
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
        assert_eq!(tally::<TenthFails>(100).failed, 10);
    }

    #[test]
    fn call_zero_fails_in_every_stream() {
        assert!(AllSucceed::work(0).is_err() && TenthFails::work(0).is_err() && Alternating::work(0).is_err());
    }
}
