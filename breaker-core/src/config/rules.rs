//! Defaults that are more than a value: which trip rule holds where none is set, and how many calls a rule waits for.

use breaker_keys::{Key, Value};

use crate::engine::limits;
use crate::error::ConfigFault;
use crate::settings::{Settings, Window};

const FAILURE_THRESHOLD: u32 = 5;

/// The default of a key that has a rule for it, beside all keys that have a value.
pub(super) fn default(key: &Key, all: &Settings) -> Option<Value> {
    let has_other_trip_rule =
        all.consecutive_failures.is_some() || all.failure_rate.is_some() || all.slow_call_rate.is_some();
    match key.name {
        "failure_threshold" if !has_other_trip_rule => Some(Value::Count(FAILURE_THRESHOLD)),
        // `minimum_requests` has a default for each kind of rule: see below.
        _ => None,
    }
}

/// A circuit that no rule can open is a mistake: only what is off leaves none.
pub(super) fn no_rule_left(all: &Settings) -> Option<ConfigFault> {
    let has_rule = all.failure_threshold.is_some()
        || all.consecutive_failures.is_some()
        || all.failure_rate.is_some()
        || all.slow_call_rate.is_some();
    let fix = "set one of `failure_threshold`, `consecutive_failures`, `failure_rate` and `slow_call_rate`";
    (!has_rule).then(|| ConfigFault::new("failure_threshold", Value::Off, "leaves no trip rule", fix))
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
