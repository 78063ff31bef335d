//! Settings with the places where they were said, and the layers that come from outside the code.

use std::collections::BTreeMap;
use std::fmt;

use super::fields::Settings;
use super::preset::Preset;
use crate::by_name::ByName;

/// Where a value comes from. Later ones beat earlier ones: code, file, environment, run time; a default gives way to a
/// preset, and both to whatever was said. More may come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "from", content = "place", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Origin {
    /// Nobody has said anything.
    Default,
    /// A preset, which was itself said somewhere.
    Preset(Preset),
    /// An attribute, or a call that made the breaker: `file:line`.
    Code(String),
    /// A configuration file: `file:line:column`.
    File(String),
    /// An environment variable, by its name.
    Environment(String),
    /// `Registry::apply`, while the program ran.
    Runtime,
    /// The breaker itself: the lease of a probe that nobody has set, after good probes took longer.
    Learned,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(preset) => write!(f, "preset {preset}"),
            Self::Code(place) | Self::File(place) => f.write_str(place),
            Self::Environment(variable) => write!(f, "variable {variable}"),
            Self::Runtime => f.write_str("set at run time"),
            Self::Learned => f.write_str("learned from probes that took longer"),
        }
    }
}

/// Settings, each key with its origin.
///
/// ```
/// use breaker_core::{Origin, Settings, SourcedSettings};
///
/// let file = Settings { failure_threshold: Some(9), ..Settings::NONE };
/// let sourced = SourcedSettings::new(file, |key| Origin::File(format!("breakers.yaml, {key}")));
/// assert_eq!(sourced.origin("failure_threshold"), Some(&Origin::File("breakers.yaml, failure_threshold".into())));
/// assert_eq!(sourced.origin("window"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourcedSettings {
    settings: Settings,
    origins: ByName<&'static str, Origin>,
}

impl SourcedSettings {
    /// `origin` is asked once for each key that is said.
    pub fn new(settings: Settings, mut origin: impl FnMut(&'static str) -> Origin) -> Self {
        let mut origins = ByName::default();
        for (key, _) in settings.values() {
            origins.insert(key.name, origin(key.name));
        }
        Self { settings, origins }
    }

    /// What is said.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where a key is said, if it is.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.origins.get(key)
    }

    /// Where its keys are said, in the order of the keys' names.
    pub(crate) fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.origins.iter().map(|(_, origin)| origin)
    }

    /// Lays these over others, as [`Settings::over`] does.
    #[must_use]
    pub fn over(self, mut other: Self) -> Self {
        for (key, origin) in self.origins {
            other.origins.insert(key, origin);
        }
        Self { settings: self.settings.over(other.settings), origins: other.origins }
    }
}

impl SourcedSettings {
    /// The code's `fail_fast` holds, whatever else was said, presets included: a function was compiled with it.
    pub(crate) fn with_fail_fast_of(mut self, code: &Self) -> Self {
        let of_preset = code.settings.preset.and_then(|preset| Some((preset.settings().fail_fast?, preset)));
        let (value, origin) = match (code.settings.fail_fast, of_preset) {
            (Some(said), _) => (Some(said), code.origin("fail_fast").cloned()),
            (None, Some((value, preset))) => (Some(value), Some(Origin::Preset(preset))),
            (None, None) => (Some(true), Some(Origin::Default)),
        };
        self.settings.fail_fast = value;
        if let Some(origin) = origin {
            self.origins.insert("fail_fast", origin);
        }
        self
    }
}

/// What sources outside the code say: about every service, and about some by name.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SettingsLayer {
    /// Holds for every service, below what is said about it by name.
    pub defaults: SourcedSettings,
    /// Services by name.
    pub services: BTreeMap<String, SourcedSettings>,
}

impl SettingsLayer {
    /// What it sets for one service, the defaults included.
    #[must_use]
    pub fn settings_for(&self, service: &str) -> SourcedSettings {
        let named = self.services.get(service).cloned().unwrap_or_default();
        named.over(self.defaults.clone())
    }
}
