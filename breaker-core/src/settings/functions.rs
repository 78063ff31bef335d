//! The `request_timeout`s that annotated functions set, each for itself.

use std::time::Duration;

use breaker_keys::Value;

use super::check::faults;
use super::fields::Settings;
use super::origin::Origin;
use super::sourced::SourcedSettings;
use crate::error::ConfigFault;

/// What one function sets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FunctionTimeout {
    /// A duration, or off.
    pub(crate) timeout: Value,
    /// `file:line`.
    pub(crate) place: String,
    /// Whether the code as a whole fits it. Where it doesn't, that was a conflict of the code, and no other source is at
    /// fault.
    pub(crate) fits_code: bool,
}

impl FunctionTimeout {
    /// The timeout, if it is not off.
    pub(crate) fn duration(&self) -> Option<Duration> {
        match self.timeout {
            Value::Duration(timeout) => Some(timeout),
            _ => None,
        }
    }

    /// What is wrong with settings of the service beside it.
    pub(crate) fn fault(&self, settings: &Settings) -> Option<ConfigFault> {
        let slow_call_duration = settings.slow_call_duration?;
        let both = Settings {
            slow_call_duration: Some(slow_call_duration),
            request_timeout: Some(self.duration()?),
            ..Settings::NONE
        };
        // One that is out of range is another fault.
        let mut fault = faults(&both).into_iter().find(|fault| fault.against == Some("request_timeout"))?;
        fault.allowed = format!("{} at {}", fault.allowed, self.place);
        // Its place is that of the function; the service's may be another.
        fault.against = None;
        Some(fault)
    }

    /// As a source like others, for where one for the whole service overrides it.
    pub(crate) fn sourced(&self) -> SourcedSettings {
        let settings = match self.duration() {
            Some(timeout) => Settings { request_timeout: Some(timeout), ..Settings::NONE },
            None => Settings::NONE.off("request_timeout"),
        };
        SourcedSettings::new(settings, |_| Origin::Code(self.place.clone()))
    }
}
