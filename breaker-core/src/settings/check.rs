//! Ranges and conflicts. Only what was said can be at fault; presets and defaults give way instead.

use std::fmt::Display;
use std::time::Duration;

use super::keys::Settings;
use super::window::Window;
use crate::error::{ConfigFault, Human};

impl Settings {
    /// The longest window by count: the ring of the last outcomes keeps its sums in one word.
    pub const MAX_WINDOW_CALLS: u32 = crate::engine::count_window::MAX_CALLS;
}

/// All faults, ranges first, in the order of the table of keys.
///
/// A value that is out of range takes no part in the conflicts: one mistake gives one fault.
pub(crate) fn faults(said: &Settings) -> Vec<ConfigFault> {
    let mut check = Check(Vec::new());
    let valid = check.ranges(said);
    check.slow_calls(said, &valid);
    check.count_window(&valid);
    check.longer("open_timeout_max", valid.open_timeout_max, "open_timeout", valid.open_timeout);
    check.longer(
        "health_check_interval",
        valid.health_check_interval,
        "health_check_timeout",
        valid.health_check_timeout,
    );
    check.0
}

struct Check(Vec<ConfigFault>);

impl Check {
    /// Checks each key alone, and gives back those that are in range.
    fn ranges(&mut self, said: &Settings) -> Settings {
        Settings {
            failure_threshold: self.at_least_one("failure_threshold", said.failure_threshold),
            consecutive_failures: self.at_least_one("consecutive_failures", said.consecutive_failures),
            failure_rate: self.share("failure_rate", said.failure_rate),
            slow_call_duration: self.positive("slow_call_duration", said.slow_call_duration, "2s"),
            slow_call_rate: self.share("slow_call_rate", said.slow_call_rate),
            minimum_requests: self.at_least_one("minimum_requests", said.minimum_requests),
            window: self.window(said.window),
            open_timeout: self.positive("open_timeout", said.open_timeout, "30s"),
            open_timeout_multiplier: self.multiplier(said.open_timeout_multiplier),
            open_timeout_max: self.positive("open_timeout_max", said.open_timeout_max, "10m"),
            open_timeout_jitter: self.jitter(said.open_timeout_jitter),
            success_threshold: self.at_least_one("success_threshold", said.success_threshold),
            half_open_max_calls: self.at_least_one("half_open_max_calls", said.half_open_max_calls),
            half_open_timeout: self.positive("half_open_timeout", said.half_open_timeout, "30s"),
            request_timeout: self.positive("request_timeout", said.request_timeout, "10s"),
            health_check_interval: self.positive("health_check_interval", said.health_check_interval, "15s"),
            health_check_timeout: self.positive("health_check_timeout", said.health_check_timeout, "5s"),
            health_check_failures: self.at_least_one("health_check_failures", said.health_check_failures),
            metrics_log_interval: self.positive("metrics_log_interval", said.metrics_log_interval, "60s"),
            ..said.clone()
        }
    }

    fn fault(&mut self, key: &str, value: impl Display, allowed: impl Into<String>, fix: impl Into<String>) {
        self.0.push(ConfigFault::new(key, value, allowed, fix));
    }

    fn conflict(
        &mut self,
        key: &str,
        against: &'static str,
        value: impl Display,
        allowed: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.0.push(ConfigFault::new(key, value, allowed, fix).against(against));
    }

    fn at_least_one(&mut self, key: &str, value: Option<u32>) -> Option<u32> {
        let value = value?;
        if value >= 1 {
            return Some(value);
        }
        self.fault(key, value, "must be at least 1", "write a whole number from 1, or leave the key out");
        None
    }

    fn positive(&mut self, key: &str, value: Option<Duration>, example: &str) -> Option<Duration> {
        let value = value?;
        if !value.is_zero() {
            return Some(value);
        }
        self.fault(key, Human(value), "must be longer than zero", format!("write a duration, such as {example}"));
        None
    }

    fn share(&mut self, key: &str, value: Option<f64>) -> Option<f64> {
        let value = value?;
        if value > 0.0 && value <= 1.0 {
            return Some(value);
        }
        self.fault(key, Number(value), "must be above 0 and at most 1", as_share(value));
        None
    }

    fn jitter(&mut self, value: Option<f64>) -> Option<f64> {
        let value = value?;
        if (0.0..=1.0).contains(&value) {
            return Some(value);
        }
        self.fault("open_timeout_jitter", Number(value), "must be at least 0 and at most 1", as_share(value));
        None
    }

    fn multiplier(&mut self, value: Option<f64>) -> Option<f64> {
        let value = value?;
        if value >= 1.0 && value.is_finite() {
            return Some(value);
        }
        self.fault(
            "open_timeout_multiplier",
            Number(value),
            "must be at least 1 and finite",
            "write 2 to double the open time each time a probe fails, or 1 to keep it",
        );
        None
    }

    fn window(&mut self, value: Option<Window>) -> Option<Window> {
        let value = value?;
        let (allowed, fix) = match value {
            Window::Time(Duration::ZERO) => ("must be longer than zero".to_owned(), "write a duration, such as 60s"),
            Window::Calls(0) => ("must be at least 1 call".to_owned(), "write a number of calls, such as 100"),
            Window::Calls(calls) if calls > Settings::MAX_WINDOW_CALLS => (
                format!("must be at most {} calls", Settings::MAX_WINDOW_CALLS),
                "write fewer calls, or a window by time, such as 60s",
            ),
            Window::Time(_) | Window::Calls(_) => return Some(value),
        };
        self.fault("window", value, allowed, fix);
        None
    }

    /// `said` tells whether a key is there at all, `valid` whether its value can be compared.
    fn slow_calls(&mut self, said: &Settings, valid: &Settings) {
        if let (Some(rate), None) = (valid.slow_call_rate, said.slow_call_duration) {
            self.fault(
                "slow_call_rate",
                Number(rate),
                "needs slow_call_duration, which says what slow is",
                "add slow_call_duration, such as 2s",
            );
        }
        if said.response_times == Some(false) {
            let keys = [
                ("slow_call_duration", valid.slow_call_duration.map(|value| Human(value).to_string())),
                ("slow_call_rate", valid.slow_call_rate.map(|value| Number(value).to_string())),
            ];
            for (key, value) in keys {
                let Some(value) = value else { continue };
                self.conflict(
                    key,
                    "response_times",
                    value,
                    "can't be used with response_times = false, for then no call is measured",
                    format!("leave out {key} or response_times"),
                );
            }
        }
        if let (Some(slow), Some(timeout)) = (valid.slow_call_duration, valid.request_timeout)
            && slow > timeout
        {
            self.conflict(
                "slow_call_duration",
                "request_timeout",
                Human(slow),
                format!("must not be longer than request_timeout = {}, or no call can ever be slow", Human(timeout)),
                "write a shorter slow_call_duration or a longer request_timeout",
            );
        }
    }

    fn count_window(&mut self, valid: &Settings) {
        let Some(Window::Calls(calls)) = valid.window else { return };
        for (key, value) in
            [("failure_threshold", valid.failure_threshold), ("minimum_requests", valid.minimum_requests)]
        {
            let Some(value) = value.filter(|value| *value > calls) else { continue };
            self.conflict(
                key,
                "window",
                value,
                format!("must not be more than the window holds, which is {}", Window::Calls(calls)),
                format!("write at most {calls}, or a longer window"),
            );
        }
    }

    /// A conflict unless the first is at least as long as the second.
    fn longer(&mut self, long_key: &str, long: Option<Duration>, short_key: &'static str, short: Option<Duration>) {
        let (Some(long), Some(short)) = (long, short) else { return };
        if long < short {
            self.conflict(
                long_key,
                short_key,
                Human(long),
                format!("must not be shorter than {short_key} = {}", Human(short)),
                format!("write a longer {long_key} or a shorter {short_key}"),
            );
        }
    }
}

/// What to write instead: whoever writes 50 means 50 %.
fn as_share(value: f64) -> String {
    if value > 1.0 && value <= 100.0 {
        format!("it is a share: write {} for {} %", Number(value / 100.0), Number(value))
    } else {
        "it is a share: write 0.5 for 50 %".to_owned()
    }
}

/// A number as people write it; the very large and the very small with an exponent.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = self.0.abs();
        if size != 0.0 && !(1e-6..1e16).contains(&size) { write!(f, "{:?}", self.0) } else { write!(f, "{}", self.0) }
    }
}
