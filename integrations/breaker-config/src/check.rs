//! Applies the checks of breaker-core to settings that code may complete.

use std::time::Duration;

use breaker_core::{ConfigFault, Settings, SourcedSettings};

/// Returns the faults of the settings that no code can resolve: values out of range, and keys that contradict each other.
pub(crate) fn faults(settings: &SourcedSettings) -> Vec<ConfigFault> {
    let settings_alone = settings.settings();
    // Code may set what is missing here: the `slow_call_duration` that `slow_call_rate` needs, and a trip rule beside those
    // that are off. So assume code with the shortest duration and a threshold of one failure, which conflict with nothing. Its
    // `slow_call_rate` is left out if a duration is set here, because the faults of that duration would be reported on it.
    let code = Settings {
        slow_call_duration: Some(Duration::from_nanos(1)),
        slow_call_rate: settings_alone.slow_call_duration.is_none().then_some(1.0),
        failure_threshold: Some(1),
        ..Settings::NONE
    };
    let Err(error) = settings_alone.clone().over(code).resolve() else { return Vec::new() };
    error.faults().iter().filter(|fault| settings.origin(&fault.key).is_some()).cloned().collect()
}
