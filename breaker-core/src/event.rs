//! Events: what has happened to a breaker, as listeners, streams and the history get it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use crate::engine::cause::Cause;
pub use crate::engine::state::{Mode, State};

/// Something that happened to a breaker.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The breaker's name; empty where it is about a source for all services.
    pub service: &'static str,
    /// When, on the breaker's clock, since that clock's start. A probe that outlived its lease is dated to the end of
    /// the lease, however late it was noticed.
    pub at: Duration,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// The state changed.
    Transition {
        /// The state before.
        from: State,
        /// The state now.
        to: State,
        /// The rule that fired, with its numbers.
        cause: Cause,
    },
    /// The mode changed.
    ModeChanged {
        /// The mode before.
        from: Mode,
        /// The mode now.
        to: Mode,
    },
    /// The breaker got another configuration; state, counters and subscribers stayed.
    Reconfigured,
    /// A warning: two places in the code configure this service differently.
    Conflict(Arc<Conflict>),
    /// A warning: a file that was changed while the program runs can't be used, and what runs goes on as it was; from a
    /// registry's own stream and listeners alone. Or, from a breaker: what was said about its service before it was made
    /// doesn't fit its code, and the code alone holds. What is wrong, all of it, each fault with its place.
    BadConfiguration(Arc<str>),
}

/// Two places in the code that set one key of one service to different values.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// How many values it stands for: 1, or more for the last one of a place that has said several.
    pub count: u64,
}

/// A value, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.service {
            "" => write!(f, "{}", self.kind),
            service => write!(f, "{service}: {}", self.kind),
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition { from, to, cause } => write!(f, "{from} -> {to}: {cause}"),
            Self::ModeChanged { from, to } => write!(f, "mode {from} -> {to}"),
            Self::Reconfigured => f.write_str("reconfigured"),
            Self::Conflict(conflict) => write!(f, "{conflict}"),
            Self::BadConfiguration(problem) => f.write_str(problem),
        }
    }
}
