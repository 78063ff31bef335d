//! Defaults, and how each of them gives way to the keys that are set.

use breaker_keys::{Conflict, DefaultValue, Key, Value};

use super::{Config, FunctionsTimeout, rules};
use crate::error::ConfigError;
use crate::settings::{self, FunctionTimeout, Preset, Settings};

impl Settings {
    /// Checks all keys, alone and against each other, and fills in what was not said.
    ///
    /// A key that was said beats the preset, and neither a preset nor a default ever contradicts a key that was said: it
    /// gives way (the `failure_threshold` of the preset `s3`, 5, is 3 in a window of 3 calls).
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
        self.resolve_beside(&[], false)
    }

    /// The same for a service with annotated functions: their own `request_timeout`s, and whether that of the service
    /// overrides them.
    pub(crate) fn resolve_beside(&self, own: &[FunctionTimeout], are_overridden: bool) -> Result<Config, ConfigError> {
        let own = if are_overridden { &[] } else { own };
        let beside = own.iter().filter(|function| function.fits_code).filter_map(|function| function.fault(self));
        ConfigError::check(settings::faults(self).into_iter().chain(beside))?;
        let longest = own.iter().filter_map(FunctionTimeout::duration).max();
        Ok(Config::assemble(self, FunctionsTimeout { longest, are_overridden }))
    }
}

impl Config {
    /// What is set, then the preset, then the defaults. Given settings without faults, the result has none.
    pub(super) fn assemble(said: &Settings, functions: FunctionsTimeout) -> Self {
        let preset = said.preset.map_or(Settings::NONE, Preset::settings);
        let mut all = Settings { preset: None, ..said.clone().over(preset) };
        switch_off_what_needs_it(&mut all);
        rules::fill(&mut all);
        fill(&mut all, |key, _| match key.default {
            DefaultValue::Value(value) => Some(value),
            _ => None,
        });
        for key in breaker_keys::settings() {
            for conflict in key.conflicts {
                give_way(key, *conflict, said, &mut all);
            }
        }
        fill(&mut all, |key, all| match key.default {
            DefaultValue::Follows(other) => value(all, other),
            // The lease of a probe: the longest call of all functions fits into it.
            DefaultValue::Longer(one, other) => {
                let of_functions = functions.longest.map(Value::Duration);
                longer(longer(value(all, one), value(all, other)), of_functions)
            }
            _ => None,
        });
        Self::complete(said.clone(), functions, &all)
    }
}

/// A key that needs one that is off is off, too: without `slow_call_duration` no call is slow.
fn switch_off_what_needs_it(all: &mut Settings) {
    for key in breaker_keys::settings() {
        let needs_off = |conflict: &Conflict| match conflict {
            Conflict::Needs(other) => value(all, other) == Some(Value::Off),
            _ => false,
        };
        if key.conflicts.iter().any(needs_off) {
            all.set(key, Value::Off);
        }
    }
}

/// Gives a value to keys that have none.
fn fill(all: &mut Settings, default: impl Fn(&Key, &Settings) -> Option<Value>) {
    for key in breaker_keys::settings() {
        if all.get(key).is_none()
            && let Some(value) = default(key, all)
        {
            all.set(key, value);
        }
    }
}

fn value(all: &Settings, name: &str) -> Option<Value> {
    all.get(breaker_keys::setting(name).ok()?)
}

fn longer(one: Option<Value>, other: Option<Value>) -> Option<Value> {
    match (one, other) {
        (Some(Value::Duration(one)), Some(Value::Duration(other))) => Some(Value::Duration(one.max(other))),
        _ => one.or(other),
    }
}

/// A value that nobody has set gives way to one that somebody has. Of two that nobody has set, that of the key gives way
/// which has the conflict.
fn give_way(key: &Key, conflict: Conflict, said: &Settings, all: &mut Settings) {
    let Ok(other) = breaker_keys::setting(conflict.other()) else { return };
    let (Some(ours), Some(theirs)) = (all.get(key), all.get(other)) else { return };
    match (said.get(key), said.get(other)) {
        (Some(_), Some(_)) => {}
        (Some(_), None) => {
            all.set(other, conflict.give_way(theirs, ours, false));
        }
        (None, _) => {
            all.set(key, conflict.give_way(ours, theirs, true));
        }
    }
}
