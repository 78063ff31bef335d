//! Where a value comes from.

use std::fmt;

use super::preset::Preset;

/// Where a value comes from. From weakest to strongest: a default; `defaults` of a file, then of the environment; a
/// preset; the code; a file's entry for the service, then the environment's; run time. More variants may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "from", content = "place", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Origin {
    /// The default: no source sets the key.
    Default,
    /// A preset, which some source has chosen.
    Preset(Preset),
    /// An attribute, or a call that created the breaker: `file:line`.
    Code(String),
    /// A configuration file: `file:line:column`.
    File(String),
    /// An environment variable: its name.
    Environment(String),
    /// Set at run time by `Registry::apply`.
    Runtime,
    /// Learned by the breaker: `half_open_timeout` is not set, and successful probes took longer than its default.
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
