//! failsafe, with both of its policies, under one `parking_lot` mutex that is locked twice per call.

use std::time::Duration;

use failsafe::backoff::{self, Constant};
use failsafe::failure_policy::{self, ConsecutiveFailures, SuccessRateOverTimeWindow};
use failsafe::{CircuitBreaker as _, Config, Error, FailurePolicy, StateMachine, futures};

use super::{Guarded, Purpose};
use crate::work::{CallResult, Failed, Stream, poll};

pub(super) struct Plain<P>(StateMachine<P, ()>);

pub(super) struct Future<P>(StateMachine<P, ()>);

pub(super) fn consecutive(purpose: Purpose) -> Option<Plain<ConsecutiveFailures<Constant>>> {
    in_a_row(purpose).map(Plain)
}

pub(super) fn consecutive_future(purpose: Purpose) -> Option<Future<ConsecutiveFailures<Constant>>> {
    in_a_row(purpose).map(Future)
}

pub(super) fn rate(purpose: Purpose) -> Option<Plain<SuccessRateOverTimeWindow<Constant>>> {
    over_time(purpose).map(Plain)
}

pub(super) fn rate_future(purpose: Purpose) -> Option<Future<SuccessRateOverTimeWindow<Constant>>> {
    over_time(purpose).map(Future)
}

pub(super) fn defaults(purpose: Purpose) -> Option<Plain<impl FailurePolicy + Send + Sync>> {
    (purpose == Purpose::Defaults).then(|| Plain(Config::new().build()))
}

pub(super) fn defaults_future(purpose: Purpose) -> Option<Future<impl FailurePolicy + Send + Sync>> {
    (purpose == Purpose::Defaults).then(|| Future(Config::new().build()))
}

/// The first success closes the circuit, so it does not stay half-open.
fn in_a_row(purpose: Purpose) -> Option<StateMachine<ConsecutiveFailures<Constant>, ()>> {
    let (failures, open) = match purpose {
        Purpose::Closed => (u32::MAX, Duration::from_secs(30)),
        Purpose::Rejected => (1, Duration::from_secs(3_600)),
        Purpose::Probing | Purpose::Defaults | Purpose::Waiting => return None,
        Purpose::Cycling => (1, Duration::ZERO),
    };
    let policy = failure_policy::consecutive_failures(failures, backoff::constant(open));
    Some(Config::new().failure_policy(policy).build())
}

/// This policy opens no circuit before its first window has passed, so one failure is not enough. The shortest window
/// is 1 s.
fn over_time(purpose: Purpose) -> Option<StateMachine<SuccessRateOverTimeWindow<Constant>, ()>> {
    let (calls, window, open) = match purpose {
        Purpose::Closed => (10, Duration::from_secs(60), Duration::from_secs(30)),
        Purpose::Rejected => (1, Duration::from_secs(1), Duration::from_secs(3_600)),
        Purpose::Waiting => (u32::MAX, Duration::from_secs(60), Duration::from_secs(30)),
        Purpose::Probing | Purpose::Cycling | Purpose::Defaults => return None,
    };
    let policy = failure_policy::success_rate_over_time_window(0.1, calls, window, backoff::constant(open));
    Some(Config::new().failure_policy(policy).build())
}

impl<S: Stream, P: FailurePolicy + Send + Sync + 'static> Guarded<S> for Plain<P> {
    type Local<'a> = &'a StateMachine<P, ()>;

    fn local(&self) -> Self::Local<'_> {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut Self::Local<'_>, n: u64) -> CallResult {
        call_result(&breaker.call(|| S::work(n)))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.is_call_permitted())
    }
}

impl<S: Stream, P: FailurePolicy + Send + Sync + 'static> Guarded<S> for Future<P> {
    type Local<'a> = &'a StateMachine<P, ()>;

    fn local(&self) -> Self::Local<'_> {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut Self::Local<'_>, n: u64) -> CallResult {
        call_result(&poll(futures::CircuitBreaker::call(*breaker, async move { S::work(n) })))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.is_call_permitted())
    }
}

#[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
#[inline(always)]
fn call_result(result: &Result<u64, Error<Failed>>) -> CallResult {
    match result {
        Ok(value) => CallResult::Done(*value),
        Err(Error::Inner(_)) => CallResult::Failed,
        Err(Error::Rejected) => CallResult::Rejected,
    }
}
