//! Conversion of the engine's snapshot to the public metrics.

use std::time::Duration;

use super::{Metrics, Rejections, ResponseTime, ResponseTimeBuckets, TimePerState, Transitions, WindowMetrics};
use crate::engine::open_time::left;
use crate::engine::policy::share;
use crate::engine::snapshot::Snapshot;
use crate::engine::state::{Mode, State};

impl Metrics {
    pub(crate) fn of(service: &'static str, snapshot: &Snapshot, dropped_events: u64, now: u64) -> Self {
        let Snapshot { machine, successes, failures, ignored, abandoned, in_flight, .. } = snapshot;
        let [open, half_open, forced_open] = snapshot.rejections;
        let rejections = open + half_open + forced_open;
        let state = machine.effective(now);
        let open_for = left(machine.until, now);
        Self {
            service,
            state,
            mode: machine.mode,
            requests: successes + failures + ignored + abandoned + rejections + in_flight,
            successes: *successes,
            failures: *failures,
            timeouts: snapshot.timeouts,
            rejections,
            rejections_by_reason: Rejections { open, half_open, forced_open },
            ignored: *ignored,
            abandoned: *abandoned,
            slow: snapshot.slow,
            late: snapshot.late,
            in_flight: *in_flight,
            fallback_successes: snapshot.fallback_successes,
            fallback_failures: snapshot.fallback_failures,
            would_reject: snapshot.would_reject,
            transitions: Transitions::of(snapshot.transitions),
            dropped_events,
            response_time: ResponseTime::of(snapshot),
            window: WindowMetrics::of(snapshot),
            success_rate: share(*successes, successes + failures),
            failure_rate: share(*failures, successes + failures),
            consecutive_failures: snapshot.in_a_row,
            time_in_state: Duration::from_nanos(now.saturating_sub(machine.effective_since(now))),
            time_per_state: TimePerState::of(snapshot.times),
            retry_after: (state == State::Open && machine.mode != Mode::ForcedOpen)
                .then_some(Duration::from_nanos(open_for)),
        }
    }
}

impl TimePerState {
    fn of(nanos: [u64; 3]) -> Self {
        let [closed, open, half_open] = nanos.map(Duration::from_nanos);
        Self { closed, open, half_open }
    }
}

impl Transitions {
    fn of(
        [closed_to_open, open_to_half_open, half_open_to_closed, half_open_to_open, open_to_closed]: [u64; 5],
    ) -> Self {
        Self { closed_to_open, open_to_half_open, half_open_to_closed, half_open_to_open, open_to_closed }
    }
}

impl ResponseTime {
    fn of(snapshot: &Snapshot) -> Self {
        let all = &snapshot.latency;
        let measured = |nanos: u64| (all.count > 0).then_some(Duration::from_nanos(nanos));
        let quantile = |share: f64| all.quantile(share).map(Duration::from_nanos);
        Self {
            count: all.count,
            sum: Duration::from_nanos(all.sum),
            average: all.sum.checked_div(all.count).map(Duration::from_nanos),
            min: measured(all.min),
            max: measured(all.max),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            buckets: ResponseTimeBuckets::of(|k| all.at_most(k)),
        }
    }
}

impl WindowMetrics {
    fn of(snapshot: &Snapshot) -> Self {
        let counts = snapshot.window;
        let rules = snapshot.limits.rules();
        let holds_successes = snapshot.limits.places_successes();
        let judged = holds_successes && counts.requests >= rules.minimum_shown();
        let rate = |part: u64| share(part, counts.requests).filter(|_| judged);
        let slow_rate = rate(counts.slow).filter(|_| snapshot.limits.slow_call_duration.is_some());
        Self {
            holds_successes,
            requests: counts.requests,
            failures: counts.failures,
            slow: counts.slow,
            failure_rate: rate(counts.failures),
            slow_rate,
        }
    }
}
