//! Settings that disagree, or that have no effect where they were meant to.

use std::fmt;

/// Settings that disagree, or that have no effect where they were meant to. Displayed, it says what to do. More fields may
/// come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Conflict {
    /// What disagrees.
    pub kind: ConflictKind,
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

/// What a [`Conflict`] is about. More kinds may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ConflictKind {
    /// Two places in the code set one key of one service to different values.
    DifferentValues,
    /// Settings or a health check for a service that no code names (yet). `first` is the service that code names whose name
    /// is nearest; both of its parts are empty if none is near.
    UnknownService,
    /// The window is a time shorter than twice the longest `request_timeout`, so that calls that time out one after another
    /// never share it. `first` is the window, `second` that `request_timeout`. Both hold.
    ShortWindow,
    /// A source outside the code sets a `request_timeout` for a service with annotated functions that are neither async nor give
    /// a future, so that their calls can't be cancelled. `first` is these functions, with all their places; `second` is the
    /// timeout, which holds for calls of other functions alone.
    PlainFunctions,
    /// A file, a variable or run time sets `fail_fast` to another value than the code, with which functions are compiled: it has
    /// no effect. `first` is the code's value, `second` the other one.
    FailFast,
    /// `enable_health_check` is set to `true` (not only by a preset), but no health check of the service is registered. `first`
    /// says so, `second` is the value. [`Registry::conflicts`](crate::Registry::conflicts) has it whenever that is so; it
    /// becomes an event when `Registry::log_metrics` logs the service's metrics, because a program registers its checks
    /// after its breakers are made.
    MissingHealthCheck,
    /// A service has the name `defaults`, which is reserved: files and variables can't configure it.
    ReservedName,
}

/// A value, and where it is written. More fields may come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfiguredValue {
    /// The value as text.
    pub value: String,
    /// `file:line`.
    pub place: String,
}

impl ConfiguredValue {
    pub(crate) fn new(value: impl Into<String>, place: impl Into<String>) -> Self {
        Self { value: value.into(), place: place.into() }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, service, key, first, second, count } = self;
        let (value, place) = (&second.value, &second.place);
        match kind {
            ConflictKind::DifferentValues => {
                write!(f, "service `{service}`: `{key}` is {} at {} and {value} at {place}", first.value, first.place)?;
                if *count > 1 {
                    write!(f, " (the last of {count} other values there)")?;
                }
                f.write_str("; the first holds: say it in one place, or alike in both")
            }
            ConflictKind::UnknownService => {
                write!(f, "no code names a service `{service}` ({place})")?;
                if first.value.is_empty() { Ok(()) } else { write!(f, "; did you mean `{}`?", first.value) }
            }
            ConflictKind::ShortWindow => {
                let (window, of_window) = (&first.value, &first.place);
                write!(
                    f,
                    "service `{service}`: `window` is {window} ({of_window}), and `request_timeout` {value} ({place}): "
                )?;
                f.write_str(
                    "calls that time out one after another never share the window; make it at least twice as long",
                )
            }
            ConflictKind::PlainFunctions => {
                write!(
                    f,
                    "service `{service}`: `{key}` is {value} ({place}), but a plain `fn` can't be cancelled: no effect on the {} at {}",
                    first.value, first.place
                )
            }
            ConflictKind::FailFast => write!(
                f,
                "service `{service}`: `{key}` is {value} ({place}), but functions are compiled with {} ({}): no effect; set \
                 it in the code",
                first.value, first.place
            ),
            ConflictKind::MissingHealthCheck => write!(
                f,
                "service `{service}`: `{key}` is {value} ({place}), but no health check is registered: call \
                 `Registry::health_check` and keep its guard"
            ),
            ConflictKind::ReservedName => write!(f, "service `{service}` ({place}): the name {value}; {}", first.value),
        }
    }
}
