//! seatbelt: the failure rate within a time window of ten slices, under a `std` mutex; with either clock of tick.

use std::task::Waker;
use std::time::Duration;

use layered::{Execute, Service, Stack};
use seatbelt::breaker::{Breaker, HalfOpenMode};
use seatbelt::{RecoveryInfo, ResilienceContext};
use tick::runtime::InactiveClock;

use super::{Guarded, Purpose};
use crate::work::{CallResult, Failed, Stream, poll};

/// The number in the error of the rejecting closure.
const REJECTED: u64 = u64::MAX;

pub(super) struct Future<V>(V);

/// The clock of tick that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// The default clock.
    Precise,
    /// The system's coarse clock.
    Fast,
}

type Output = Result<u64, Failed>;

/// Half-open admits one probe, or a random share of the calls, so a circuit in which each call is a probe is not
/// possible. Its default is the precise clock.
pub(super) fn future<S: Stream>(
    purpose: Purpose,
    pace: Pace,
) -> Option<Future<impl Service<u64, Out = Output> + 'static>> {
    // Nothing here waits, so nothing needs to drive the clock's timers.
    let (clock, _) = InactiveClock::default().activate(Waker::noop().clone());
    let context = ResilienceContext::<u64, Output>::new(clock.with_fast_instant(pace == Pace::Fast));
    let breaker = Breaker::layer("bench", &context)
        .recovery_with(|output: &Output, _| if output.is_ok() { RecoveryInfo::never() } else { RecoveryInfo::retry() })
        .rejected_input_error(|_, _| Failed(REJECTED));
    let breaker = match purpose {
        Purpose::Defaults if pace == Pace::Fast => return None,
        Purpose::Defaults => breaker,
        _ => breaker.failure_threshold(0.9).sampling_duration(Duration::from_secs(60)),
    };
    let breaker = match purpose {
        Purpose::Closed | Purpose::Defaults => breaker,
        Purpose::Waiting => breaker.min_throughput(u32::MAX),
        Purpose::Rejected => breaker.min_throughput(1).break_duration(Duration::from_secs(3_600)),
        Purpose::Probing => return None,
        Purpose::Cycling => {
            breaker.min_throughput(1).break_duration(Duration::ZERO).half_open_mode(HalfOpenMode::quick())
        }
    };
    let stack = (breaker, Execute::new(|n: u64| async move { S::work(n) }));
    Some(Future(stack.into_service()))
}

impl<S: Stream, V: Service<u64, Out = Output> + 'static> Guarded<S> for Future<V> {
    type Local<'a> = &'a V;

    fn local(&self) -> &V {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(service: &mut &V, n: u64) -> CallResult {
        match poll(service.execute(n)) {
            Ok(value) => CallResult::Done(value),
            Err(Failed(REJECTED)) => CallResult::Rejected,
            Err(_) => CallResult::Failed,
        }
    }
}
