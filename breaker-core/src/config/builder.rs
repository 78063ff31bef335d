//! The builder of a configuration: a setter for each key.

use std::convert::identity as same;
use std::time::Duration;

use super::Config;
use crate::error::ConfigError;
use crate::settings::{Criticality, Preset, Settings, Window, with_keys};

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

macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $(#[serde($with:meta)])? $key:ident: $value:ty => $input:ty, $convert:path, $show:path;)+) => {
        impl ConfigBuilder {
            $(
                $(#[doc = $doc])+
                pub fn $key(mut self, $key: $input) -> Self {
                    self.settings.$key = Some($convert($key));
                    self
                }
            )+
        }
    };
}

with_keys!(setters);
