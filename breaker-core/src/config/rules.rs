//! Defaults that are more than a value: which trip rule holds where none is set, and how many calls a rule waits for.

use breaker_keys::{Key, Value};

use crate::settings::{Settings, Window};

const FAILURE_THRESHOLD: u32 = 5;
const MINIMUM_FOR_RATES: u32 = 10;
const MINIMUM_FOR_THRESHOLD: u32 = 1;

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

/// A window of fewer calls never holds more.
pub(super) const fn minimum_for_rates(minimum_requests: Option<u32>, window: Window) -> u32 {
    match (minimum_requests, window) {
        (Some(minimum), _) => minimum,
        (None, Window::Calls(calls)) if calls < MINIMUM_FOR_RATES => calls,
        (None, _) => MINIMUM_FOR_RATES,
    }
}

pub(super) const fn minimum_for_threshold(minimum_requests: Option<u32>) -> u32 {
    match minimum_requests {
        Some(minimum) => minimum,
        None => MINIMUM_FOR_THRESHOLD,
    }
}
