//! What someone has said about a service: in the attribute, in a file, in the environment, or on a builder.
//!
//! [`Settings`] holds only what was said. Sources are laid over each other with [`Settings::over`]; then
//! [`Settings::resolve`], the one way to a [`Config`], checks everything and fills in the rest.

mod check;
mod criticality;
mod keys;
mod layer;
#[cfg(feature = "serde")]
pub(crate) mod text;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::config::Config;
use crate::error::{ConfigError, ConfigFault, Human};

pub use criticality::Criticality;
pub use keys::Settings;
pub use layer::{Explained, Explanation, Layer, Origin, SourcedSettings};

impl Settings {
    /// The longest window by count: the ring of the last outcomes keeps its sums in one word.
    pub const MAX_WINDOW_CALLS: u32 = crate::engine::count_window::MAX_CALLS;

    /// Checks all keys, alone and against each other, and fills in what was not said.
    ///
    /// A key that was said beats the preset, and neither a preset nor a default ever contradicts a key that was said: it
    /// gives way (the default `failure_threshold` of 5 is 3 in a window of 3 calls).
    ///
    /// # Errors
    ///
    /// All values out of range and all conflicts among the keys that were said, at once.
    ///
    /// ```
    /// use breaker_core::{Preset, Settings};
    ///
    /// let settings = Settings { preset: Some(Preset::Database), success_threshold: Some(1), ..Settings::NONE };
    /// let config = settings.resolve()?;
    /// assert_eq!(config.failure_threshold(), Some(3)); // the preset's
    /// assert_eq!(config.success_threshold(), 1); // what was said
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    pub fn resolve(&self) -> Result<Config, ConfigError> {
        ConfigError::check(check::faults(self))?;
        Ok(Config::assemble(self))
    }

    /// The key whose name is nearest to one that is not known, if any is near enough to be what was meant.
    ///
    /// ```
    /// use breaker_core::Settings;
    ///
    /// assert_eq!(Settings::nearest_key("failure_treshold"), Some("failure_threshold"));
    /// assert_eq!(Settings::nearest_key("colour"), None);
    /// ```
    #[must_use]
    pub fn nearest_key(unknown: &str) -> Option<&'static str> {
        let unknown = unknown.to_lowercase().replace(['-', ' '], "_");
        let distances = Self::KEYS.iter().map(|key| (distance(&unknown, key), *key));
        let (distance, key) = distances.min()?;
        (distance <= key.len() / 3).then_some(key)
    }
}

/// Levenshtein's distance: how many letters to insert, delete or replace.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Known kinds of services, each with numbers to start from.
///
/// | preset | `failure_threshold` | `success_threshold` | `request_timeout` | `open_timeout` | health check | `fail_fast` |
/// |---|---|---|---|---|---|---|
/// | `database` | 3 | 2 | 10 s | 30 s | every 15 s | true |
/// | `cache` | 10 | 5 | 5 s | 15 s | every 10 s | false |
/// | `s3` | 5 | 3 | 30 s | 60 s | none | true |
///
/// A preset's `failure_threshold` stays in force beside other trip rules that are added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Preset {
    /// A database: few failures are enough, for whoever waits for one holds a connection.
    Database,
    /// A cache: patient, and a refused read is a miss.
    Cache,
    /// An object store: slow calls are normal, recovery takes its time.
    S3,
}

impl Preset {
    /// All there are.
    pub const ALL: &'static [Self] = &[Self::Database, Self::Cache, Self::S3];

    /// The name as it is written in the attribute and in files.
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
        Self::ALL.iter().copied().find(|preset| preset.as_str() == name).ok_or_else(|| {
            ConfigFault::new(
                "preset",
                format_args!("{name:?}"),
                "must be \"database\", \"cache\" or \"s3\"",
                "write one of them, or leave the key out",
            )
        })
    }
}

/// What the windowed rules look back on: a span of time, or a number of calls.
///
/// ```
/// use breaker_core::Window;
/// use std::time::Duration;
///
/// assert_eq!(Window::from(Duration::from_secs(60)).to_string(), "60s");
/// assert_eq!(Window::from(100).to_string(), "100 calls");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// The outcomes of the last so long. Longer than zero.
    Time(Duration),
    /// The last so many outcomes: at least 1, at most [`Settings::MAX_WINDOW_CALLS`].
    Calls(u32),
}

impl From<Duration> for Window {
    fn from(span: Duration) -> Self {
        Self::Time(span)
    }
}

impl From<u32> for Window {
    fn from(calls: u32) -> Self {
        Self::Calls(calls)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(span) => Human(*span).fmt(f),
            Self::Calls(1) => f.write_str("1 call"),
            Self::Calls(calls) => write!(f, "{calls} calls"),
        }
    }
}

#[cfg(test)]
mod tests;
