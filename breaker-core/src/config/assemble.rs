//! Fills in presets and defaults, and adapts them to the keys that are set.

use breaker_keys::{Conflict, DefaultValue, Key, Value};

use super::{Config, FunctionsTimeout, rules};
use crate::error::ConfigError;
use crate::settings::{self, FunctionTimeout, Preset, Settings};

impl Settings {
    /// Checks all keys, alone and against each other, and fills in those that are not set.
    ///
    /// A key that is set overrides the preset. Values of presets and defaults that would contradict it are adapted: for
    /// example, the `failure_threshold` of the preset `s3`, which is 5, becomes 3 in a window of 3 calls.
    ///
    /// # Errors
    ///
    /// If a value is out of range, or keys that are set contradict each other. All faults are reported together.
    ///
    /// ```
    /// use breaker_core::{Preset, Settings};
    ///
    /// let settings = Settings { preset: Some(Preset::Database), success_threshold: Some(1), ..Settings::NONE };
    /// let config = settings.resolve()?;
    /// assert_eq!(config.failure_threshold(), Some(3)); // the preset's
    /// assert_eq!(config.success_threshold(), 1); // what is set
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    pub fn resolve(&self) -> Result<Config, ConfigError> {
        self.resolve_beside(&[], false)
    }

    /// Like [`resolve`](Self::resolve), for a service with annotated functions. `own` are the functions' own
    /// `request_timeout`s; `are_overridden` is whether that of the service overrides them.
    pub(crate) fn resolve_beside(&self, own: &[FunctionTimeout], are_overridden: bool) -> Result<Config, ConfigError> {
        let own = if are_overridden { &[] } else { own };
        let beside = own.iter().filter(|function| function.fits_code).filter_map(|function| function.fault(self));
        ConfigError::check(settings::faults(self).into_iter().chain(beside))?;
        let longest = own.iter().filter_map(FunctionTimeout::duration).max();
        Ok(Config::assemble(self, FunctionsTimeout { longest, are_overridden }))
    }
}

impl Config {
    /// Takes the keys that are set, then the preset, then the defaults. If the settings have no faults, the result has
    /// none.
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
            // The lease of a probe is at least as long as the longest timeout of a function.
            DefaultValue::Longer(one, other) => {
                let of_functions = functions.longest.map(Value::Duration);
                longer(longer(value(all, one), value(all, other)), of_functions)
            }
            _ => None,
        });
        Self::complete(said.clone(), functions, &all)
    }
}

/// Switches off keys that need a key that is off: without `slow_call_duration`, no call is slow.
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

/// Sets the default of each key that has no value.
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

/// Resolves a conflict with a value that is not set, but comes from a preset or a default: that value is adapted. If
/// neither is set, that of `key`, which has the conflict, is adapted.
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
