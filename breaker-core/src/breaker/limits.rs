//! Converts a configuration to the engine's units.

use crate::clock::nanos;
use crate::config::Config;
use crate::engine::limits::{Limits, WindowLength};
use crate::settings::Window;

pub(super) fn limits(config: &Config) -> Limits {
    Limits {
        failure_threshold: config.failure_threshold(),
        consecutive_failures: config.consecutive_failures(),
        failure_rate: config.failure_rate(),
        slow_call_duration: config.slow_call_duration().map(nanos),
        slow_call_rate: config.slow_call_rate(),
        minimum_requests: config.minimum_requests(),
        window: match config.window() {
            Window::Time(duration) => WindowLength::Time(nanos(duration)),
            Window::Calls(calls) => WindowLength::Calls(calls),
        },
        open_timeout: nanos(config.open_timeout()),
        open_timeout_multiplier: config.open_timeout_multiplier(),
        open_timeout_max: nanos(config.open_timeout_max()),
        open_timeout_jitter: config.open_timeout_jitter(),
        success_threshold: config.success_threshold(),
        half_open_max_calls: config.half_open_max_calls(),
        // Off: the lease of a probe never ends.
        half_open_timeout: config.half_open_timeout().map_or(u64::MAX, nanos),
        lease_learns: !config.has_lease_of_its_own(),
        response_times: config.response_times(),
        health_check_failures: config.health_check_failures(),
        health_check_successes: config.health_check_successes(),
        health_check_interval: nanos(config.health_check_interval()),
    }
}
