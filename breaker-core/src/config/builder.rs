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

/// What a setter takes: for a key that can be off a value, or `None` for off.
macro_rules! input {
    (Window) => { impl Into<Window> };
    ($kind:ident) => { value_type!($kind) };
    ($kind:ident or off) => { impl Into<Option<value_type!($kind)>> };
}

macro_rules! set {
    ($settings:expr, $key:ident, Window) => {
        $settings.$key = Some($key.into())
    };
    ($settings:expr, $key:ident, $kind:ident) => {
        $settings.$key = Some($key)
    };
    ($settings:expr, $key:ident, $kind:ident or off) => {
        match $key.into() {
            Some(value) => $settings.$key = Some(value),
            None => $settings = $settings.off(stringify!($key)),
        }
    };
}

macro_rules! setters {
    ([] $(#[$doc:meta] $key:ident: $kind:ident $(or $off:ident)?;)+) => {
        impl ConfigBuilder {
            $(
                #[$doc]
                pub fn $key(mut self, $key: input!($kind $(or $off)?)) -> Self {
                    set!(self.settings, $key, $kind $(or $off)?);
                    self
                }
            )+
        }
    };
}

breaker_keys::keys!(setters);
