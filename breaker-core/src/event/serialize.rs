//! Serializes events, states, modes and causes. Written by hand, so that an event is one flat object, and the engine
//! does not depend on serde.

use std::time::SystemTime;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Cause, Event, EventKind, Mode, State};

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// `{"rule": "failure_rate", "failures": 3, "requests": 5, "threshold": 0.5}`: the name of the rule, and its fields.
impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Cause", 4)?;
        fields.serialize_field("rule", self.as_str())?;
        match self {
            Self::FailureThreshold { failures, requests, threshold } => {
                fields.serialize_field("failures", failures)?;
                fields.serialize_field("requests", requests)?;
                fields.serialize_field("threshold", threshold)?;
            }
            Self::ConsecutiveFailures { failures, threshold } => {
                fields.serialize_field("failures", failures)?;
                fields.serialize_field("threshold", threshold)?;
            }
            Self::FailureRate { failures, requests, threshold } => {
                fields.serialize_field("failures", failures)?;
                fields.serialize_field("requests", requests)?;
                fields.serialize_field("threshold", threshold)?;
            }
            Self::SlowCallRate { slow, requests, threshold } => {
                fields.serialize_field("slow", slow)?;
                fields.serialize_field("requests", requests)?;
                fields.serialize_field("threshold", threshold)?;
            }
            Self::OpenFor { open_for } => fields.serialize_field("open_for", &open_for.as_secs_f64())?,
            Self::ProbesSucceeded { successes } => fields.serialize_field("successes", successes)?,
            Self::HealthChecksSucceeded { checks, probes } => {
                fields.serialize_field("checks", checks)?;
                fields.serialize_field("probes", probes)?;
            }
            Self::OpenTimeoutElapsed
            | Self::ProbeFailed
            | Self::ProbeSlow
            | Self::ProbeTimedOut
            | Self::HealthCheckFailed
            | Self::HealthCheckPassed
            | Self::Reset
            | Self::Forced => {}
        }
        fields.end()
    }
}

/// One flat object: the common fields, `kind`, and the fields of that kind.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Event", 8)?;
        fields.serialize_field("sequence", &self.sequence)?;
        fields.serialize_field("service", &self.service)?;
        fields.serialize_field("at", &self.at.as_secs_f64())?;
        fields.serialize_field("wall_time", &unix_seconds(self.wall_time))?;
        fields.serialize_field("kind", self.kind.as_str())?;
        match &self.kind {
            EventKind::Transition { from, to, cause } => {
                fields.serialize_field("from", from)?;
                fields.serialize_field("to", to)?;
                fields.serialize_field("cause", cause)?;
            }
            EventKind::ModeChanged { from, to, until, isolated } => {
                fields.serialize_field("from", from)?;
                fields.serialize_field("to", to)?;
                fields.serialize_field("until", &until.map(|until| until.as_secs_f64()))?;
                fields.serialize_field("isolated", isolated)?;
            }
            EventKind::RecoveryStalled { lasted } => fields.serialize_field("lasted", &lasted.as_secs_f64())?,
            EventKind::Reconfigured { changes } => fields.serialize_field("changes", &changes[..])?,
            EventKind::Conflict(conflict) => fields.serialize_field("conflict", &**conflict)?,
            EventKind::BadConfiguration(problem) => fields.serialize_field("problem", &**problem)?,
        }
        fields.end()
    }
}

/// Returns the seconds since the Unix epoch; negative before it.
fn unix_seconds(time: SystemTime) -> f64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}
