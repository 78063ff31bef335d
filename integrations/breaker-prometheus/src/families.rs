//! The families of the breakers: names, headers and values.

use std::fmt;
use std::time::Duration;

use breaker_core::{Metrics, ResponseTime, State};
use prometheus_client::metrics::MetricType::Histogram;
use prometheus_client::registry::Unit;

use crate::samples::{Families, Family, Samples};

/// The finite buckets, as exponents of two: 131 µs, from 1 ms to 1 s by factors of two, 4.3 s and 34 s. Each is a series
/// of each service, so there are no more than it takes.
///
/// Below 100 µs, the two text formats spell numbers differently (`6.5536e-05`, `0.000065536`), and each spelling would be
/// a series of its own in Prometheus.
const BUCKETS: [u32; 14] = [17, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 35];

/// Writes all families in a fixed order.
pub(crate) fn write(families: &mut Families<'_, '_>) -> fmt::Result {
    calls(families)?;
    states(families)?;
    rates(families)
}

fn calls(families: &mut Families<'_, '_>) -> fmt::Result {
    families.write(
        &Family::counter("circuit_breaker_requests", "Calls that ended, by outcome; rejected calls are included."),
        |m, samples| {
            let outcomes = [
                ("success", m.successes),
                ("failure", m.failures),
                ("ignored", m.ignored),
                ("abandoned", m.abandoned),
                ("rejected", m.rejections),
            ];
            samples.counters("outcome", outcomes)
        },
    )?;
    families.write(&Family::counter("circuit_breaker_rejections", "Rejected calls, by reason."), |m, samples| {
        let by = m.rejections_by_reason;
        let reasons = [("open", by.open), ("half_open", by.half_open), ("forced_open", by.forced_open)];
        samples.counters("reason", reasons)
    })?;
    let timeouts = Family::counter("circuit_breaker_timeouts", "Failures that were the breaker's own request timeout.");
    families.write(&timeouts, |m, samples| samples.counter(m.timeouts))?;
    families
        .write(&Family::counter("circuit_breaker_fallbacks", "Fallbacks that ran, by outcome."), |m, samples| {
            samples.counters("outcome", [("success", m.fallback_successes), ("failure", m.fallback_failures)])
        })?;
    families.write(&Family::gauge("circuit_breaker_in_flight", "Calls in flight."), |m, samples| {
        samples.gauge(m.in_flight)
    })?;
    let duration = Family {
        name: "circuit_breaker_call_duration",
        help: "Response times of calls that ended in a success or a failure.",
        unit: Some(Unit::Seconds),
        kind: Histogram,
    };
    families
        .write(&duration, |m, samples| samples.histogram(m.response_time.sum.as_secs_f64(), &buckets(&m.response_time)))
}

fn states(families: &mut Families<'_, '_>) -> fmt::Result {
    families.write(
        &Family::gauge("circuit_breaker_state", "State of the circuit: 1 for the current state, 0 for the others."),
        |m, samples| samples.gauges("state", [State::Closed, State::Open, State::HalfOpen].map(|state| is(m, state))),
    )?;
    families.write(&Family::counter("circuit_breaker_transitions", "Changes of state."), transitions)?;
    let seconds = Family {
        unit: Some(Unit::Seconds),
        ..Family::counter("circuit_breaker_state", "Time in each state since the breaker was created.")
    };
    families.write(&seconds, |m, samples| {
        let times = m.time_per_state;
        let times = [(State::Closed, times.closed), (State::Open, times.open), (State::HalfOpen, times.half_open)];
        samples.counters("state", times.map(|(state, time)| (state.as_str(), time.as_secs_f64())))
    })
}

fn rates(families: &mut Families<'_, '_>) -> fmt::Result {
    let failures = Family::gauge(
        "circuit_breaker_failure_rate",
        "Share of failed calls in the sliding window, from 0 to 1; absent while the window holds too few calls.",
    );
    families.write(&failures, |m, samples| m.window.failure_rate.map_or(Ok(()), |rate| samples.gauge(rate)))?;
    let slow = Family::gauge(
        "circuit_breaker_slow_call_rate",
        "Share of slow calls in the sliding window, from 0 to 1; absent while the window holds too few calls or slow \
         calls are not defined.",
    );
    families.write(&slow, |m, samples| m.window.slow_rate.map_or(Ok(()), |rate| samples.gauge(rate)))
}

fn transitions(m: &Metrics, samples: &mut Samples<'_, '_>) -> fmt::Result {
    let counts = m.transitions;
    let (closed, open, half_open) = (State::Closed.as_str(), State::Open.as_str(), State::HalfOpen.as_str());
    let pairs = [
        (closed, open, counts.closed_to_open),
        (open, half_open, counts.open_to_half_open),
        (half_open, closed, counts.half_open_to_closed),
        (half_open, open, counts.half_open_to_open),
        (open, closed, counts.open_to_closed),
    ];
    samples.counters_by_pair(["from", "to"], pairs)
}

fn is(metrics: &Metrics, state: State) -> (&'static str, u64) {
    (state.as_str(), u64::from(metrics.state == state))
}

/// Returns each bound in seconds, with the number of calls between the bound before and this one.
fn buckets(times: &ResponseTime) -> [(f64, u64); BUCKETS.len() + 1] {
    // Ascending, as BUCKETS is: one walk finds them all.
    let mut counted = times.buckets.iter();
    let mut below = 0;
    std::array::from_fn(|place| {
        let (bound, at_most) = match BUCKETS.get(place) {
            Some(exponent) => {
                let chosen = Duration::from_nanos(1 << exponent);
                (
                    chosen.as_secs_f64(),
                    counted.find(|(bound, _)| *bound == chosen).map_or(below, |(_, at_most)| at_most),
                )
            }
            None => (f64::INFINITY, times.count),
        };
        let alone = at_most.saturating_sub(below);
        below += alone;
        (bound, alone)
    })
}
