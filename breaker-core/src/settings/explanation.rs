//! The configuration in force for a service, with the origin of each value.

use std::fmt;
use std::time::Duration;

use super::fields::Settings;
use super::layer::{Origin, SourcedSettings};
use super::preset::Preset;

/// The configuration in force for one service, each value with its origin. Displayed, it is a table. More fields may come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Explanation {
    /// The service.
    pub service: String,
    /// Every key that has a value, in the order of [`Settings::KEYS`](crate::Settings::KEYS).
    pub values: Vec<ExplainedValue>,
}

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ExplainedValue {
    /// The key.
    pub key: &'static str,
    /// The value, as it is written in a file.
    pub value: String,
    /// Who has said so.
    pub origin: Origin,
}

impl Explanation {
    /// `lease` is that of a probe now, which may have grown.
    pub(crate) fn of(service: &str, said: &SourcedSettings, in_force: &Settings, lease: Duration) -> Self {
        let preset = said.settings().preset;
        let of_preset = preset.map_or(Settings::NONE, Preset::settings).entries();
        let origin = |key: &str| {
            let from_preset = preset.filter(|_| of_preset.iter().any(|(known, _)| *known == key)).map(Origin::Preset);
            said.origin(key).cloned().or(from_preset).unwrap_or(Origin::Default)
        };
        let values = in_force.entries().into_iter();
        let mut values: Vec<_> =
            values.map(|(key, value)| ExplainedValue { key, value, origin: origin(key) }).collect();
        if in_force.half_open_timeout.is_some_and(|at_first| lease > at_first) {
            let grown = Settings { half_open_timeout: Some(lease), ..Settings::NONE }.entries();
            for (value, (_, lease)) in values.iter_mut().filter(|value| value.key == "half_open_timeout").zip(grown) {
                (value.value, value.origin) = (lease, Origin::Learned);
            }
        }
        Self { service: service.to_owned(), values }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.service)?;
        let keys = self.values.iter().map(|value| value.key.len()).max().unwrap_or_default();
        let values = self.values.iter().map(|value| value.value.chars().count()).max().unwrap_or_default();
        for ExplainedValue { key, value, origin } in &self.values {
            write!(f, "\n  {key:<keys$}  {value:<values$}  {origin}")?;
        }
        Ok(())
    }
}
