//! The builder of a configuration: a setter for each key.

use std::time::Duration;

use super::Config;
use crate::error::ConfigError;
use crate::settings::{Criticality, Preset, Settings, Window, value_type};

impl Config {
    /// Starts with nothing said: every key that is not set gets its default.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }
}

/// Sets keys by name, for [`Config`]: the setters are named as the keys in the attribute and in files.
///
/// Nothing is checked before [`build`](Self::build), which then reports every fault.
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    pub(crate) settings: Settings,
}

impl ConfigBuilder {
    /// The configuration, if all that was set is in range and fits together.
    ///
    /// # Errors
    ///
    /// All faults at once; see [`Settings::resolve`], to which this is the same.
    pub fn build(&self) -> Result<Config, ConfigError> {
        self.settings.resolve()
    }
}

impl From<Settings> for ConfigBuilder {
    fn from(settings: Settings) -> Self {
        Self { settings }
    }
}

/// What a setter takes.
macro_rules! input {
    (Window) => { impl Into<Window> };
    ($kind:ident) => { value_type!($kind) };
}

macro_rules! set {
    (Window, $value:ident) => {
        Some($value.into())
    };
    ($kind:ident, $value:ident) => {
        Some($value)
    };
}

macro_rules! setters {
    ([] $(#[$doc:meta] $key:ident: $kind:ident $(or $off:ident)?;)+) => {
        impl ConfigBuilder {
            $(
                #[$doc]
                pub fn $key(mut self, $key: input!($kind)) -> Self {
                    self.settings.$key = set!($kind, $key);
                    self
                }
            )+
        }
    };
}

breaker_keys::keys!(setters);
