//! The limits: no breaker can cost less than these.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::Guarded;
use crate::work::{CallResult, Stream, poll};

/// The call without a breaker.
pub(super) struct Bare;

impl<S: Stream> Guarded<S> for Bare {
    type Local<'a> = ();

    fn local(&self) {}

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call((): &mut (), n: u64) -> CallResult {
        S::work(n).map_or(CallResult::Failed, CallResult::Done)
    }
}

/// Like `Bare`, as a future.
pub(super) struct BareFuture;

impl<S: Stream> Guarded<S> for BareFuture {
    type Local<'a> = ();

    fn local(&self) {}

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call((): &mut (), n: u64) -> CallResult {
        poll(async move { S::work(n) }).map_or(CallResult::Failed, CallResult::Done)
    }
}

/// The call and one shared counter: the least that a breaker does if it counts in one place.
#[derive(Default)]
pub(super) struct FetchAdd(AtomicU64);

impl<S: Stream> Guarded<S> for FetchAdd {
    type Local<'a> = &'a Self;

    fn local(&self) -> &Self {
        self
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(this: &mut &Self, n: u64) -> CallResult {
        this.0.fetch_add(1, Ordering::Relaxed);
        S::work(n).map_or(CallResult::Failed, CallResult::Done)
    }
}

/// The call between two reads of the time-stamp counter: the least that a breaker does if it times calls.
pub(super) struct TwoCounterReads(quanta::Clock);

impl TwoCounterReads {
    pub(super) fn new() -> Self {
        Self(quanta::Clock::new())
    }
}

impl<S: Stream> Guarded<S> for TwoCounterReads {
    type Local<'a> = &'a Self;

    fn local(&self) -> &Self {
        self
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(this: &mut &Self, n: u64) -> CallResult {
        let start = this.0.raw();
        let result = S::work(n);
        black_box(this.0.raw().wrapping_sub(start));
        result.map_or(CallResult::Failed, CallResult::Done)
    }
}

/// The call between two reads of the standard library's clock.
pub(super) struct TwoInstants;

impl<S: Stream> Guarded<S> for TwoInstants {
    type Local<'a> = ();

    fn local(&self) {}

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call((): &mut (), n: u64) -> CallResult {
        let start = Instant::now();
        let result = S::work(n);
        black_box(start.elapsed());
        result.map_or(CallResult::Failed, CallResult::Done)
    }
}
