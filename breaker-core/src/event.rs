//! Events: what has happened to a breaker, as listeners, streams and the history get it.

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

/// Something that happened to a breaker, or to a registry as a whole. More fields may come.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Its number: each event of a registry has the next one, whatever breaker it is of, and has it in every place. A
    /// breaker that is in no registry counts its own. So a reader of a registry's stream knows from a gap that it has
    /// missed something; together with [`Registry::boot_id`](crate::Registry::boot_id) the number is unique.
    pub sequence: u64,
    /// The breaker's name; `None` where it is about a source for all services.
    pub service: Option<&'static str>,
    /// When, on the breaker's clock, since that clock's start. A probe that outlived its lease is dated to the end of
    /// the lease, however late it was noticed.
    pub at: Duration,
    /// The same moment by the system's clock, which may be set meanwhile: for people, not to order events. On a manual
    /// clock, `at` after the Unix epoch.
    pub wall_time: SystemTime,
    /// What.
    pub kind: EventKind,
}

/// What happened. More kinds may come, and more fields of each.
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
        /// When it ends by itself, on the breaker's clock as [`Event::at`] is: after `set_mode_for`.
        until: Option<Duration>,
        /// Whether it is so because of `isolate`.
        isolated: bool,
    },
    /// A warning: the circuit is half-open, and for ten times `half_open_timeout` (where that is `off`, ten times
    /// `open_timeout`) every probe that ended was ignored. An ignored result decides nothing, so traffic that is all ignored
    /// never closes the circuit: with `failure_if`, an error that is not a failure counts as a success. At most one until the
    /// circuit closes.
    #[non_exhaustive]
    RecoveryStalled {
        /// Since the circuit became half-open, or since the last successful probe.
        lasted: Duration,
    },
    /// The breaker got another configuration; state, counters and subscribers stayed.
    #[non_exhaustive]
    Reconfigured {
        /// What changed, in the order of [`Settings::KEYS`](crate::Settings::KEYS); at least one value.
        changes: Arc<[ConfigChange]>,
    },
    /// A warning: two places in the code configure this service differently, or what is configured has no effect as it is
    /// ([`ConflictKind`] has all cases). About a service that no code names, from the registry's own stream and listeners
    /// alone.
    Conflict(Arc<Conflict>),
    /// A warning: a file that was changed while the program runs can't be used, and nothing that runs has changed; from a
    /// registry's own stream and listeners alone. Or, from a breaker: what a file or a variable set for its service
    /// before its code was known doesn't fit the code, and the code alone holds.
    BadConfiguration(Arc<BadConfiguration>),
}

impl EventKind {
    /// `transition`, `mode_changed`, `recovery_stalled`, `reconfigured`, `conflict` or `bad_configuration`, as JSON spells it.
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
    /// An event that has no number yet: the hub gives it one.
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
