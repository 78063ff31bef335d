//! The presets and their names.

use std::fmt;
use std::str::FromStr;

use crate::error::ConfigFault;

/// Initial settings for common kinds of services.
///
/// | preset | `failure_threshold` | `success_threshold` | `request_timeout` | `open_timeout` | health check | `fail_fast` |
/// |---|---|---|---|---|---|---|
/// | `database` | 3 | 2 | 10 s | 30 s | every 15 s | true |
/// | `cache` | 10 | 5 | 5 s | 15 s | every 10 s | false |
/// | `s3` | 5 | 3 | 30 s | 60 s | none | true |
///
/// A preset's `failure_threshold` stays in force beside trip rules that are added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Preset {
    /// A database: opens after few failures, because a caller that waits for a database holds a connection.
    Database,
    /// A cache: tolerates more failures; a rejected read is a miss.
    Cache,
    /// An object store: slow calls are normal, and recovery takes longer.
    S3,
}

impl Preset {
    /// All variants.
    pub const ALL: &'static [Self] = &[Self::Database, Self::Cache, Self::S3];

    /// Returns the name, as it is written in the attribute and in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Cache => "cache",
            Self::S3 => "s3",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Preset {
    type Err = ConfigFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        super::names::read("preset", name, Self::ALL, Self::as_str)
    }
}
