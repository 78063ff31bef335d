//! A configuration as settings: to be merged with others, compared and shown.

use std::fmt;

use super::Config;
use crate::settings::Settings;

impl Config {
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

/// Two are equal if the same holds, however it was said.
impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}
