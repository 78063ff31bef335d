//! Settings that disagree, or that have no effect.

use std::fmt;

/// Settings that disagree, or that have no effect. The displayed text says what to do. More fields may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Conflict {
    /// The kind of conflict.
    pub kind: ConflictKind,
    /// The service.
    pub service: String,
    /// The key, as it is written in the attribute.
    pub key: &'static str,
    /// The value in force, and its place.
    pub first: ConfiguredValue,
    /// The value that has no effect, and its place.
    pub second: ConfiguredValue,
    /// How many values this conflict stands for: 1, or more if `second` is the last of several values that its place
    /// has set.
    pub count: u64,
}

/// What a [`Conflict`] is about. More kinds may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ConflictKind {
    /// Two places in the code set one key of one service to different values.
    DifferentValues,
    /// Settings or a health check for a service that no code names (yet). `first` is the known service with the nearest
    /// name; both of its fields are empty if no name is near.
    UnknownService,
    /// The window is a time shorter than twice the longest `request_timeout`, so calls that time out one after another
    /// are never in it together. `first` is the window, `second` that `request_timeout`. Both are in force.
    ShortWindow,
    /// A source outside the code sets a `request_timeout` for a service with annotated functions that are neither async
    /// nor return a future, so their calls can't be cancelled. `first` is these functions, with all their places;
    /// `second` is the timeout, which only applies to calls of other functions.
    PlainFunctions,
    /// A file, a variable or run time sets `fail_fast` to a value that differs from the code's. It has no effect,
    /// because the code's value is compiled into the functions. `first` is the code's value, `second` the other one.
    FailFast,
    /// `enable_health_check` is set to `true` (not only by a preset), but no health check of the service is registered.
    /// `first` is a text that says so, `second` the value. [`Registry::conflicts`](crate::Registry::conflicts) always
    /// lists it. The event is emitted only when `Registry::log_metrics` logs the service's metrics, because a program
    /// registers its checks after its breakers are created.
    MissingHealthCheck,
    /// A service has the name `defaults`, which is reserved: files and variables can't configure it.
    ReservedName,
}

/// A value, and where it is set. More fields may be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfiguredValue {
    /// The value as text.
    pub value: String,
    /// Where it is set: `file:line` of the code, `file:line:column` of a file, a variable, a preset, `set at run time`
    /// or `default`. It may be empty.
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
                f.write_str("; the first is used: set it in one place, or to the same value in both")
            }
            ConflictKind::UnknownService => {
                write!(f, "service `{service}` is not in the code ({place})")?;
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
