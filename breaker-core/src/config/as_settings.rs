//! Compares and displays configurations, and merges them with other settings.

use std::fmt;

use super::Config;
use crate::settings::Settings;

impl Config {
    /// Whether `half_open_timeout` was set or switched off. Otherwise it follows other keys, and grows if successful
    /// probes take longer.
    pub(crate) fn has_lease_of_its_own(&self) -> bool {
        breaker_keys::setting("half_open_timeout").is_ok_and(|key| self.said.get(key).is_some())
    }

    /// Whether `request_timeout` also applies to annotated functions that have their own.
    pub(crate) fn overrides_functions(&self) -> bool {
        self.functions.are_overridden
    }

    /// Returns the configuration as one set at run time, which also overrides the timeouts of functions.
    pub(crate) fn overriding_functions(mut self) -> Self {
        let is_set = breaker_keys::setting("request_timeout").is_ok_and(|key| self.said.get(key).is_some());
        self.functions.are_overridden |= is_set;
        self
    }

    /// Whether a key that has the same value in `other` also has the same effect.
    pub(crate) fn means_the_same(&self, other: &Self, key: &str) -> bool {
        match key {
            "half_open_timeout" => self.has_lease_of_its_own() == other.has_lease_of_its_own(),
            "request_timeout" => self.overrides_functions() == other.overrides_functions(),
            _ => true,
        }
    }

    /// Whether a call of the service, or a probe, may time out.
    pub(crate) fn cuts_calls_off(&self) -> bool {
        let has_lease = self.has_lease_of_its_own() && self.half_open_timeout.is_some();
        self.request_timeout.is_some() || self.functions.longest.is_some() || has_lease
    }

    /// Returns the settings that it was made from.
    pub(crate) fn said(&self) -> &Settings {
        &self.said
    }
}

/// Shows the values in force, as they are written in a file.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = f.debug_struct("Config");
        for (key, value) in self.settings().entries() {
            all.field(key, &format_args!("{value}"));
        }
        all.finish()
    }
}

/// Two configurations are equal if the same values are in force, wherever they come from. The exception is the lease of
/// a probe, which behaves differently if it is not set.
impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values() && self.has_lease_of_its_own() == other.has_lease_of_its_own()
    }
}
