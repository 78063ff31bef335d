//! A configuration that is not used.

use std::fmt;

use crate::error::ConfigFault;

/// A configuration that is not used, and why. Displayed, it is its message. More fields may come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadConfiguration {
    /// What is the matter, on one line. Of many faults it names the first twenty.
    pub message: String,
    /// Every fault, with its place where that is known; none where the source as a whole can't be read.
    pub faults: Vec<ConfigFault>,
}

impl BadConfiguration {
    /// With nothing but a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), faults: Vec::new() }
    }

    /// The same with its faults.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = ConfigFault>) -> Self {
        self.faults.extend(faults);
        self
    }
}

impl fmt::Display for BadConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
