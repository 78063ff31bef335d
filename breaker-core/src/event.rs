//! Events of breakers and registries, which listeners, streams and the history receive.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use crate::engine::cause::Cause;
pub use crate::engine::state::{Mode, State};
use crate::error::{Human, round_down};

mod bad_configuration;
mod config_change;
mod conflict;
#[cfg(feature = "serde")]
mod serialize;

pub use bad_configuration::{BadConfiguration, PlacedFault};
pub use config_change::ConfigChange;
pub(crate) use config_change::Listed;
pub use conflict::{ConfiguredValue, Conflict, ConflictKind};

/// A change of a breaker, or of a registry as a whole. More fields may be added.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The number of the event. All events of a registry, from all its breakers, are numbered consecutively; an event
    /// has the same number in every stream, listener and history. A breaker in no registry numbers its own events.
    ///
    /// A gap shows a reader of a registry's stream that it has missed events. Together with
    /// [`Registry::boot_id`](crate::Registry::boot_id), the number is unique.
    pub sequence: u64,
    /// The name of the breaker; `None` if the event is about the registry as a whole.
    pub service: Option<&'static str>,
    /// When it happened, as the time since the start of the breaker's clock. For a probe that outlived its lease, this
    /// is the end of the lease, however late it was noticed.
    pub at: Duration,
    /// The same moment by the system clock. The system clock may be adjusted, so don't order events by it. On a manual
    /// clock, it is `at` after the Unix epoch.
    pub wall_time: SystemTime,
    /// What happened.
    pub kind: EventKind,
}

/// What happened. More kinds, and more fields of each, may be added.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// The state changed.
    #[non_exhaustive]
    Transition {
        /// The state before.
        from: State,
        /// The state now.
        to: State,
        /// The rule that fired, with its numbers.
        cause: Cause,
    },
    /// The mode changed.
    #[non_exhaustive]
    ModeChanged {
        /// The mode before.
        from: Mode,
        /// The mode now.
        to: Mode,
        /// When the mode ends, on the breaker's clock like [`Event::at`]; set by `set_mode_for`.
        until: Option<Duration>,
        /// Whether `isolate` is the reason for the mode.
        isolated: bool,
    },
    /// A warning: the circuit is half-open, and for ten times `half_open_timeout` (if that is `off`, ten times
    /// `open_timeout`) every probe that ended was ignored.
    ///
    /// Ignored results never close the circuit. Use `failure_if` instead of `ignore_if`: an error that it does not
    /// match counts as a success. The event is emitted at most once until the circuit closes.
    #[non_exhaustive]
    RecoveryStalled {
        /// The time since the circuit became half-open, or since the last successful probe.
        lasted: Duration,
    },
    /// The configuration of the breaker changed; state, counters and subscribers were kept.
    #[non_exhaustive]
    Reconfigured {
        /// The changed values, in the order of [`Settings::KEYS`](crate::Settings::KEYS); at least one.
        changes: Arc<[ConfigChange]>,
    },
    /// A warning: two places in the code configure this service differently, or a setting has no effect
    /// ([`ConflictKind`] lists all cases). Conflicts about a service that no code names are only sent to streams and
    /// listeners of the registry.
    Conflict(Arc<Conflict>),
    /// A warning: an invalid configuration was ignored. Sent by a registry, to its own streams and listeners: a file
    /// that was changed at run time is invalid. Sent by a breaker: settings of a file or a variable that were given
    /// before the code of its service was known don't fit the code, so only the code's settings are used; or the name
    /// of its service is reserved.
    BadConfiguration(Arc<BadConfiguration>),
}

impl EventKind {
    /// Returns the kind as JSON has it: `transition`, `mode_changed`, `recovery_stalled`, `reconfigured`, `conflict` or
    /// `bad_configuration`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Transition { .. } => "transition",
            Self::ModeChanged { .. } => "mode_changed",
            Self::RecoveryStalled { .. } => "recovery_stalled",
            Self::Reconfigured { .. } => "reconfigured",
            Self::Conflict(_) => "conflict",
            Self::BadConfiguration(_) => "bad_configuration",
        }
    }
}

impl Event {
    /// Creates an event without a number; the hub assigns it.
    pub(crate) fn new(service: Option<&'static str>, at: Duration, wall_time: SystemTime, kind: EventKind) -> Self {
        Self { sequence: 0, service, at, wall_time, kind }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.service {
            None => write!(f, "{}", self.kind),
            Some(service) => write!(f, "{service}: {}", self.kind),
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition { from, to, cause } => write!(f, "{from} -> {to}: {cause}"),
            Self::ModeChanged { from, to, until, isolated } => {
                write!(f, "mode {from} -> {to}")?;
                until.map_or(Ok(()), |until| write!(f, " until {until:?}"))?;
                if *isolated { f.write_str(" (isolated)") } else { Ok(()) }
            }
            Self::RecoveryStalled { lasted } => write!(
                f,
                "every probe was ignored for {}, and ignored results never close the circuit: with `failure_if`, an error \
                 that is not a failure counts as a success",
                Human(round_down(*lasted))
            ),
            Self::Reconfigured { changes } => write!(f, "reconfigured: {}", Listed(changes)),
            Self::Conflict(conflict) => write!(f, "{conflict}"),
            Self::BadConfiguration(problem) => write!(f, "{problem}"),
        }
    }
}
