//! The checks of breaker-core, for settings that code may complete.

use std::time::Duration;

use breaker_core::{ConfigFault, Settings, SourcedSettings};

/// What is wrong with the settings whatever the code has: values out of range, and keys that contradict each other.
pub(crate) fn faults(settings: &SourcedSettings) -> Vec<ConfigFault> {
    let settings_alone = settings.settings();
    // `slow_call_rate` needs `slow_call_duration`, and where rules are off there must be another: code may have both. The
    // shortest duration and a single failure contradict nothing. A share of slow calls would take the faults of a duration
    // that is set here upon itself.
    let code = Settings {
        slow_call_duration: Some(Duration::from_nanos(1)),
        slow_call_rate: settings_alone.slow_call_duration.is_none().then_some(1.0),
        failure_threshold: Some(1),
        ..Settings::NONE
    };
    let Err(error) = settings_alone.clone().over(code).resolve() else { return Vec::new() };
    error.faults().iter().filter(|fault| settings.origin(&fault.key).is_some()).cloned().collect()
}
