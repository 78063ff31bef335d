//! Defaults, and how each of them gives way to the keys that were said.

use std::time::Duration;

use super::Config;
use crate::error::ConfigError;
use crate::settings::{self, Criticality, Preset, Settings, Window};

const FAILURE_THRESHOLD: u32 = 5;
const WINDOW: Window = Window::Time(Duration::from_secs(60));
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);
const OPEN_TIMEOUT_MAX: Duration = Duration::from_secs(600);
const SUCCESS_THRESHOLD: u32 = 2;
const HEALTH_CHECK_INTERVAL: Duration = Duration::from_secs(15);
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(5);
const HEALTH_CHECK_FAILURES: u32 = 1;
const CRITICALITY: Criticality = Criticality::Critical;

impl Settings {
    /// Checks all keys, alone and against each other, and fills in what was not said.
    ///
    /// A key that was said beats the preset, and neither a preset nor a default ever contradicts a key that was said: it
    /// gives way (the default `failure_threshold` of 5 is 3 in a window of 3 calls).
    ///
    /// # Errors
    ///
    /// All values out of range and all conflicts among the keys that were said, at once.
    ///
    /// ```
    /// use breaker_core::{Preset, Settings};
    ///
    /// let settings = Settings { preset: Some(Preset::Database), success_threshold: Some(1), ..Settings::NONE };
    /// let config = settings.resolve()?;
    /// assert_eq!(config.failure_threshold(), Some(3)); // the preset's
    /// assert_eq!(config.success_threshold(), 1); // what was said
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    pub fn resolve(&self) -> Result<Config, ConfigError> {
        ConfigError::check(settings::faults(self))?;
        Ok(Config::assemble(self))
    }
}

impl Config {
    pub(crate) const METRICS_LOG_INTERVAL: Duration = Duration::from_secs(60);

    /// What was said, then the preset, then the defaults. Given settings without faults, the result has none.
    pub(crate) fn assemble(said: &Settings) -> Self {
        let preset = said.preset.map_or(Settings::NONE, Preset::settings);
        let window = said.window.or(preset.window).unwrap_or(WINDOW);

        let open_timeout = said.open_timeout.unwrap_or_else(|| {
            let usual = preset.open_timeout.unwrap_or(OPEN_TIMEOUT);
            said.open_timeout_max.map_or(usual, |longest| usual.min(longest))
        });
        let request_timeout = said.request_timeout.or_else(|| {
            // Whoever calls 20 s slow expects calls to last so long: a preset's timeout of 10 s gives way.
            preset.request_timeout.map(|usual| usual.max(said.slow_call_duration.unwrap_or_default()))
        });
        let success_threshold = said.success_threshold.or(preset.success_threshold).unwrap_or(SUCCESS_THRESHOLD);

        let health_check_interval = said.health_check_interval.unwrap_or_else(|| {
            let usual = preset.health_check_interval.unwrap_or(HEALTH_CHECK_INTERVAL);
            said.health_check_timeout.map_or(usual, |timeout| usual.max(timeout))
        });
        let either = said.clone().over(preset);

        Self {
            said: said.clone(),
            failure_threshold: failure_threshold(said, &either, window),
            consecutive_failures: either.consecutive_failures,
            failure_rate: either.failure_rate,
            slow_call_duration: either.slow_call_duration,
            slow_call_rate: either.slow_call_rate,
            minimum_requests: either.minimum_requests,
            window,
            open_timeout,
            open_timeout_multiplier: either.open_timeout_multiplier.unwrap_or(1.0),
            open_timeout_max: either.open_timeout_max.unwrap_or(OPEN_TIMEOUT_MAX.max(open_timeout)),
            open_timeout_jitter: either.open_timeout_jitter.unwrap_or(0.0),
            success_threshold,
            half_open_max_calls: either.half_open_max_calls.unwrap_or(success_threshold),
            half_open_timeout: either
                .half_open_timeout
                .unwrap_or(open_timeout.max(request_timeout.unwrap_or_default())),
            request_timeout,
            fail_fast: either.fail_fast.unwrap_or(true),
            response_times: either.response_times.unwrap_or(true),
            enable_health_check: either.enable_health_check.unwrap_or(false),
            health_check_interval,
            health_check_timeout: either
                .health_check_timeout
                .unwrap_or(HEALTH_CHECK_TIMEOUT.min(health_check_interval)),
            health_check_failures: either.health_check_failures.unwrap_or(HEALTH_CHECK_FAILURES),
            criticality: either.criticality.unwrap_or(CRITICALITY),
            metrics_log_interval: either.metrics_log_interval.unwrap_or(Self::METRICS_LOG_INTERVAL),
        }
    }
}

/// What was said stands. A preset's number, or the default where there is no other rule, is never more than the window
/// can hold, or the rule could never fire.
fn failure_threshold(said: &Settings, either: &Settings, window: Window) -> Option<u32> {
    if said.failure_threshold.is_some() {
        return said.failure_threshold;
    }
    let other_rule =
        said.consecutive_failures.is_some() || said.failure_rate.is_some() || said.slow_call_rate.is_some();
    let usual = either.failure_threshold.or((!other_rule).then_some(FAILURE_THRESHOLD))?;
    Some(match window {
        Window::Calls(calls) => usual.min(calls),
        Window::Time(_) => usual,
    })
}
