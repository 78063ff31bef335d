//! The checks of breaker-core, for settings that code may complete.

use std::time::Duration;

use breaker_core::{ConfigFault, Settings, SourcedSettings};

/// What is wrong with the settings whatever the code has: values out of range, and keys that contradict each other.
pub(crate) fn faults(settings: &SourcedSettings) -> Vec<ConfigFault> {
    // `slow_call_rate` needs `slow_call_duration`, and where a rule is off there must be another: code may have both. The
    // shortest duration and the most failures contradict nothing.
    let code = Settings {
        slow_call_duration: Some(Duration::from_nanos(1)),
        consecutive_failures: Some(u32::MAX),
        failure_rate: Some(1.0),
        ..Settings::NONE
    };
    let Err(error) = settings.settings().clone().over(code).resolve() else { return Vec::new() };
    error.faults().iter().filter(|fault| settings.origin(&fault.key).is_some()).cloned().collect()
}
