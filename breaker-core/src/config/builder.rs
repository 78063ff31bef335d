//! The builder of a configuration: a setter for each key.

use std::time::Duration;

use super::Config;
use crate::error::ConfigError;
use crate::settings::{Criticality, Preset, Settings, Window, value_type};

impl Config {
    /// Creates a builder. Each key that is not set gets its default.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }
}

/// Builds a [`Config`]. The setters have the names of the keys in the attribute and in files.
///
/// Values are checked by [`build`](Self::build), which reports all faults together.
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    pub(crate) settings: Settings,
}

impl ConfigBuilder {
    /// Returns the configuration, if all values are in range and consistent.
    ///
    /// # Errors
    ///
    /// All faults together, as for [`Settings::resolve`].
    pub fn build(&self) -> Result<Config, ConfigError> {
        self.settings.resolve()
    }
}

impl From<Settings> for ConfigBuilder {
    fn from(settings: Settings) -> Self {
        Self { settings }
    }
}

/// The argument of a setter. A key that can be off takes a value, or `None` for off.
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
