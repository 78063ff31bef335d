//! How important a service is to the program.

use std::fmt;
use std::str::FromStr;

use crate::error::ConfigFault;

/// Whether the program can work without a service. It affects the health report, not calls.
///
/// ```
/// use breaker_core::{Config, Criticality};
///
/// let config = Config::builder().criticality(Criticality::Optional).build()?;
/// assert_eq!(config.criticality().to_string(), "optional");
/// assert_eq!(Config::default().criticality(), Criticality::Critical);
/// # Ok::<(), breaker_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Criticality {
    /// The program can't work without the service: while its circuit is open, the program is down.
    Critical,
    /// The program works without the service, with less function: while its circuit is open, the program is degraded,
    /// but never down.
    Optional,
}

impl Criticality {
    /// All variants.
    pub const ALL: &'static [Self] = &[Self::Critical, Self::Optional];

    /// Returns the name, as it is written in the attribute and in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Optional => "optional",
        }
    }
}

impl fmt::Display for Criticality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Criticality {
    type Err = ConfigFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        super::names::read("criticality", name, Self::ALL, Self::as_str)
    }
}
