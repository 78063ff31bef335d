//! A configuration that is not used.

use std::fmt;

use crate::error::ConfigFault;

/// A configuration that is not used, and why. Displayed, it is its message. More fields may come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BadConfiguration {
    /// What is the matter, on one line. Of many faults it names the first twenty.
    pub message: String,
    /// Every fault; none where nothing more is known than the message.
    pub faults: Vec<PlacedFault>,
}

/// A fault, and where it is. More fields may come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PlacedFault {
    /// The service that it is about; `None` where it is about a source as a whole.
    pub service: Option<String>,
    /// Where the value is written, where that is known: a file with line and column, a variable, a place in the code.
    pub place: Option<String>,
    /// What is wrong, and what to write instead. Key and value are empty where a source as a whole can't be used.
    pub fault: ConfigFault,
}

impl BadConfiguration {
    /// With nothing but a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), faults: Vec::new() }
    }

    /// The same with its faults.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = PlacedFault>) -> Self {
        self.faults.extend(faults);
        self
    }
}

impl PlacedFault {
    /// A fault without service and place.
    pub fn new(fault: ConfigFault) -> Self {
        Self { service: None, place: None, fault }
    }

    /// The same, of this service.
    #[must_use]
    pub fn of_service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// The same, with the place where the value is written.
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
