//! Finds a time window shorter than twice the longest timeout: calls that time out one after another never share it.

use std::sync::Arc;
use std::time::Duration;

use super::laid::Laid;
use crate::config::Config;
use crate::event::{ConfiguredValue, Conflict, ConflictKind};
use crate::settings::{FunctionTimeout, Window};

impl Laid {
    /// Returns the conflict if this configuration of the service has such a window, and a rule that evaluates it.
    pub(super) fn short_window(&self, service: &str, config: &Config) -> Option<Arc<Conflict>> {
        let Window::Time(window) = config.window() else { return None };
        let has_rule = config.failure_threshold().is_some()
            || config.failure_rate().is_some()
            || config.slow_call_rate().is_some();
        let (timeout, place) = self.longest_timeout(config)?;
        if !has_rule || window >= timeout.saturating_mul(2) {
            return None;
        }
        let value = |duration: Duration| breaker_keys::Value::Duration(duration).to_string();
        Some(Arc::new(Conflict {
            kind: ConflictKind::ShortWindow,
            service: service.to_owned(),
            key: "window",
            first: ConfiguredValue::new(value(window), self.place("window")),
            second: ConfiguredValue::new(value(timeout), place),
            count: 1,
        }))
    }

    /// Returns the longest timeout of the service and its functions, with its place.
    fn longest_timeout(&self, config: &Config) -> Option<(Duration, String)> {
        let of_function = |function: &FunctionTimeout| Some((function.duration()?, function.place.clone()));
        let of_functions = self.own_timeouts().iter().filter_map(of_function).max_by_key(|(timeout, _)| *timeout);
        let of_service = config.request_timeout().map(|timeout| (timeout, self.place("request_timeout")));
        [of_functions, of_service].into_iter().flatten().max_by_key(|(timeout, _)| *timeout)
    }
}
