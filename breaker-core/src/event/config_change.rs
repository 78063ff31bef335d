//! The differences between two configurations.

use std::fmt;

/// A value that a new configuration changed. It is displayed as `open_timeout 30s -> 10s (breakers.yaml:3:19)`. More
/// fields may be added.
///
/// `before` and `after` are equal if only the effect changed: a `half_open_timeout` that is set times probes out and no
/// longer adapts to them; a `request_timeout` from a file, a variable or run time also applies to functions that set
/// their own. Such a change is displayed as `half_open_timeout = 30s (breakers.yaml:3:24)`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigChange {
    /// The key.
    pub key: &'static str,
    /// The previous value, as it is written in a file; `off` if there was none.
    pub before: String,
    /// The new value.
    pub after: String,
    /// Where the new value is set: `file:line:column`, a variable, `file:line` of the code, a preset, `set at run time`
    /// or `default`.
    pub place: String,
}

impl fmt::Display for ConfigChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, before, after, place } = self;
        if before == after {
            write!(f, "{key} = {after} ({place})")
        } else {
            write!(f, "{key} {before} -> {after} ({place})")
        }
    }
}

/// Displays several changes on one line.
pub(crate) struct Listed<'a>(pub(crate) &'a [ConfigChange]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, change) in self.0.iter().enumerate() {
            write!(f, "{}{change}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
