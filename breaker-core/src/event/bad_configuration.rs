//! An invalid configuration that was ignored.

use std::fmt;

use crate::error::ConfigFault;

/// An invalid configuration that was ignored, and its faults. It is displayed as its message. More fields may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BadConfiguration {
    /// What is wrong, on one line. It names at most the first twenty faults.
    pub message: String,
    /// All faults; empty if only the message is known.
    pub faults: Vec<PlacedFault>,
}

/// A fault and its place. More fields may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PlacedFault {
    /// The service; `None` if the fault is about a source as a whole.
    pub service: Option<String>,
    /// Where the value is set, if known: a file with line and column, a variable, a place in the code.
    pub place: Option<String>,
    /// What is wrong, and what to write instead. Key and value are empty if a source as a whole is unusable.
    pub fault: ConfigFault,
}

impl BadConfiguration {
    /// Creates one with a message and no faults.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), faults: Vec::new() }
    }

    /// Adds faults.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = PlacedFault>) -> Self {
        self.faults.extend(faults);
        self
    }
}

impl PlacedFault {
    /// Creates a fault without a service and a place.
    pub fn new(fault: ConfigFault) -> Self {
        Self { service: None, place: None, fault }
    }

    /// Sets the service.
    #[must_use]
    pub fn of_service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Sets the place where the value is set.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

impl fmt::Display for BadConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
