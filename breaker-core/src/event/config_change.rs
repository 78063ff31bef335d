//! What a new configuration changes.

use std::fmt;

/// A value that a new configuration changed. Displayed, it is `open_timeout 30s -> 10s (breakers.yaml:3:19)`. More fields
/// may come.
///
/// `before` and `after` are equal where only the meaning changed: a `half_open_timeout` that is set cuts probes off and no
/// longer learns; a `request_timeout` from a file, a variable or run time also holds for functions that set their own. Such
/// a change is displayed as `half_open_timeout = 30s (breakers.yaml:3:24)`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigChange {
    /// The key.
    pub key: &'static str,
    /// The value before, as it is written in a file; `off` if there was none.
    pub before: String,
    /// The value now.
    pub after: String,
    /// Where the value now is set: `file:line:column`, a variable, `file:line` of the code, a preset, `set at run time` or
    /// `default`.
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

/// Several, on one line.
pub(crate) struct Listed<'a>(pub(crate) &'a [ConfigChange]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, change) in self.0.iter().enumerate() {
            write!(f, "{}{change}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
