//! A configuration as settings: to be merged with others, compared and shown.

use std::fmt;

use super::Config;
use crate::settings::Settings;

impl Config {
    /// What was said, and nothing that was not.
    pub(crate) fn said(&self) -> &Settings {
        &self.said
    }

    /// The same configuration with every key said, so that it can be compared and shown.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            preset: None,
            failure_threshold: self.failure_threshold,
            consecutive_failures: self.consecutive_failures,
            failure_rate: self.failure_rate,
            slow_call_duration: self.slow_call_duration,
            slow_call_rate: self.slow_call_rate,
            minimum_requests: self.minimum_requests,
            window: Some(self.window),
            open_timeout: Some(self.open_timeout),
            open_timeout_multiplier: Some(self.open_timeout_multiplier),
            open_timeout_max: Some(self.open_timeout_max),
            open_timeout_jitter: Some(self.open_timeout_jitter),
            success_threshold: Some(self.success_threshold),
            half_open_max_calls: Some(self.half_open_max_calls),
            half_open_timeout: Some(self.half_open_timeout),
            request_timeout: self.request_timeout,
            fail_fast: Some(self.fail_fast),
            response_times: Some(self.response_times),
            enable_health_check: Some(self.enable_health_check),
            health_check_interval: Some(self.health_check_interval),
            health_check_timeout: Some(self.health_check_timeout),
            health_check_failures: Some(self.health_check_failures),
            criticality: Some(self.criticality),
            metrics_log_interval: Some(self.metrics_log_interval),
        }
    }
}

/// What holds, as a file would say it.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = f.debug_struct("Config");
        for (key, value) in self.settings().entries() {
            all.field(key, &format_args!("{value}"));
        }
        all.finish()
    }
}

/// Two are equal if the same holds, however it was said.
impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.settings() == other.settings()
    }
}
