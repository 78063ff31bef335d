//! Checks ranges and conflicts. Only keys that are set can be invalid; presets and defaults are adapted instead.

use breaker_keys::{Fault, Given, Key, Notation, Value};

use super::fields::Settings;
use crate::error::ConfigFault;

impl Settings {
    /// The longest window by calls. The limit exists because the ring of outcomes keeps its sums in one word.
    pub const MAX_WINDOW_CALLS: u32 = crate::engine::count_window::MAX_CALLS;
}

/// Returns all faults, ranges first, in the order of the table of keys.
///
/// A value out of range is not checked for conflicts, so that one mistake causes one fault.
pub(crate) fn faults(set: &Settings) -> Vec<ConfigFault> {
    let given = |key: &'static Key| match set.get(key) {
        None => Given::No,
        Some(value) if key.check(value).is_some() => Given::Something,
        Some(value) => Given::Value(value),
    };
    let ranges = set.values().filter_map(|(key, value)| Some(config_fault(key, value, &key.check(value)?)));
    let conflicts = breaker_keys::conflicts(&given).into_iter();
    ranges.chain(conflicts.filter_map(|(key, fault)| Some(config_fault(key, set.get(key)?, &fault)))).collect()
}

fn config_fault(key: &Key, value: Value, fault: &Fault) -> ConfigFault {
    let fault_of_key = ConfigFault::new(key.name, value, &fault.what, fault.fix.to_string(Notation::Plain, key.name));
    match fault.against {
        Some(other) => fault_of_key.against(other),
        None => fault_of_key,
    }
}
