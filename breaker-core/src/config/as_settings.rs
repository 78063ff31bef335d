//! A configuration as settings: to be merged with others, compared and shown.

use std::fmt;

use super::Config;
use crate::settings::Settings;

impl Config {
    /// Whether `half_open_timeout` was set or switched off. Otherwise it follows other keys, and grows where good probes take
    /// longer.
    pub(crate) fn has_lease_of_its_own(&self) -> bool {
        breaker_keys::setting("half_open_timeout").is_ok_and(|key| self.said.get(key).is_some())
    }

    /// Whether `request_timeout` holds for annotated functions that have one of their own, too.
    pub(crate) fn overrides_functions(&self) -> bool {
        self.functions.are_overridden
    }

    /// The same configuration as an order at run time, which overrides everything that is said in code.
    pub(crate) fn overriding_functions(mut self) -> Self {
        let is_set = breaker_keys::setting("request_timeout").is_ok_and(|key| self.said.get(key).is_some());
        self.functions.are_overridden |= is_set;
        self
    }

    /// Whether a key that has the same value under `other` has the same effect, too.
    pub(crate) fn means_the_same(&self, other: &Self, key: &str) -> bool {
        match key {
            "half_open_timeout" => self.has_lease_of_its_own() == other.has_lease_of_its_own(),
            "request_timeout" => self.overrides_functions() == other.overrides_functions(),
            _ => true,
        }
    }

    /// Whether a call of the service, or a probe, may be cut off.
    pub(crate) fn cuts_calls_off(&self) -> bool {
        let has_lease = self.has_lease_of_its_own() && self.half_open_timeout.is_some();
        self.request_timeout.is_some() || self.functions.longest.is_some() || has_lease
    }

    /// What was said, and nothing that was not.
    pub(crate) fn said(&self) -> &Settings {
        &self.said
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

/// Two are equal if the same holds, however it was said: but for a lease, which is another thing if nobody has set it.
impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values() && self.has_lease_of_its_own() == other.has_lease_of_its_own()
    }
}
