//! The defaults of trip rules: which rules are in force if none is set, and how many calls a rule waits for.

use breaker_keys::Value;

use crate::engine::limits;
use crate::settings::{Settings, Window};

/// The trip rules of a circuit for which none is set, each unless it is off. Consecutive failures detect a service that
/// is down, whatever the traffic. The failure rate detects one that fails partly, and ignores occasional failures of a
/// busy service.
const CONSECUTIVE_FAILURES: u32 = 5;
const FAILURE_RATE: f64 = 0.5;
/// The minimum calls for the default failure rate. A rate that is set needs fewer.
const MINIMUM_REQUESTS: u32 = 20;

/// Sets the default rules, and the minimum calls of their rate, if no trip rule is set.
pub(super) fn fill(all: &mut Settings) {
    if has_trip_rule(all) {
        return;
    }
    let off = |name| breaker_keys::setting(name).is_ok_and(|key| all.get(key) == Some(Value::Off));
    let (no_run, no_rate) = (off("consecutive_failures"), off("failure_rate"));
    if !no_run {
        all.consecutive_failures = Some(CONSECUTIVE_FAILURES);
    }
    if !no_rate {
        all.failure_rate = Some(FAILURE_RATE);
        // Also if `minimum_requests` is off, which means the rule's own minimum.
        all.minimum_requests = all.minimum_requests.or(Some(minimum_of_default_rate(all.window)));
    }
}

/// At most the length of a window by calls, which never holds more.
fn minimum_of_default_rate(window: Option<Window>) -> u32 {
    match window {
        Some(Window::Calls(calls)) => MINIMUM_REQUESTS.min(calls),
        _ => MINIMUM_REQUESTS,
    }
}

fn has_trip_rule(all: &Settings) -> bool {
    all.failure_threshold.is_some()
        || all.consecutive_failures.is_some()
        || all.failure_rate.is_some()
        || all.slow_call_rate.is_some()
}

pub(super) const fn minimum_for_rates(minimum_requests: Option<u32>, window: Window) -> u32 {
    let calls = match window {
        Window::Calls(calls) => Some(calls),
        Window::Time(_) => None,
    };
    limits::minimum_for_rates(minimum_requests, calls)
}

pub(super) const fn minimum_for_threshold(minimum_requests: Option<u32>) -> u32 {
    limits::minimum_for_threshold(minimum_requests)
}
