//! The `request_timeout`s that annotated functions set for themselves.

use std::time::Duration;

use breaker_keys::Value;

use super::check::faults;
use super::fields::Settings;
use super::origin::Origin;
use super::sourced::SourcedSettings;
use crate::error::ConfigFault;

/// The timeout of one function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FunctionTimeout {
    /// A duration, or off.
    pub(crate) timeout: Value,
    /// `file:line`.
    pub(crate) place: String,
    /// Whether it fits the settings of the code. If it doesn't, a conflict of the code was reported, and other sources
    /// are not blamed for it.
    pub(crate) fits_code: bool,
}

impl FunctionTimeout {
    /// Returns the timeout, if it is not off.
    pub(crate) fn duration(&self) -> Option<Duration> {
        match self.timeout {
            Value::Duration(timeout) => Some(timeout),
            _ => None,
        }
    }

    /// Returns the fault if the settings of the service contradict it.
    pub(crate) fn fault(&self, settings: &Settings) -> Option<ConfigFault> {
        let slow_call_duration = settings.slow_call_duration?;
        let both = Settings {
            slow_call_duration: Some(slow_call_duration),
            request_timeout: Some(self.duration()?),
            ..Settings::NONE
        };
        // A value out of range is reported as a separate fault.
        let mut fault = faults(&both).into_iter().find(|fault| fault.against == Some("request_timeout"))?;
        fault.allowed = format!("{} at {}", fault.allowed, self.place);
        // The place of the conflicting timeout is that of the function; the service's may differ.
        fault.against = None;
        Some(fault)
    }

    /// Returns it as a source, which a timeout for the whole service overrides.
    pub(crate) fn sourced(&self) -> SourcedSettings {
        let settings = match self.duration() {
            Some(timeout) => Settings { request_timeout: Some(timeout), ..Settings::NONE },
            None => Settings::NONE.off("request_timeout"),
        };
        SourcedSettings::new(settings, |_| Origin::Code(self.place.clone()))
    }
}
