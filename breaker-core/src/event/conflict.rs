//! Two places in the code that disagree about one service.

use std::fmt;

/// Two places in the code that set one key of one service to different values. More fields may come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Conflict {
    /// The service.
    pub service: String,
    /// The key, as it is spelt in the attribute.
    pub key: &'static str,
    /// The value that holds, and its place.
    pub first: ConfiguredValue,
    /// The value that doesn't, and its place.
    pub second: ConfiguredValue,
    /// How many values it stands for: 1, or more for the last one of a place that has set several.
    pub count: u64,
}

/// A value, and where it is written. More fields may come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfiguredValue {
    /// The value as text.
    pub value: String,
    /// `file:line`.
    pub place: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, key, first, second, count } = self;
        let (value, place) = (&second.value, &second.place);
        write!(f, "service `{service}`: `{key}` is {} at {} and {value} at {place}", first.value, first.place)?;
        if *count > 1 {
            write!(f, " (the last of {count} other values there)")?;
        }
        f.write_str("; the first holds: say it in one place, or alike in both")
    }
}
