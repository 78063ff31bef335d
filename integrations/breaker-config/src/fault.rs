//! One fault of a configuration.

use std::fmt;

use breaker_core::ConfigFault;
#[cfg(feature = "watch")]
use breaker_core::PlacedFault;

use crate::place::Place;
use crate::text::excerpt;

/// One error in a configuration. `Display` prints one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The place of the error.
    pub place: Place,
    /// The service, or `defaults`; `None` if the error is about a source as a whole.
    pub service: Option<String>,
    /// The key, if the error is about one.
    pub key: Option<String>,
    /// The key's value as it is written, if there is one. Long values are cut.
    pub value: Option<String>,
    /// What is allowed, or what is wrong.
    pub allowed: String,
    /// What to write instead.
    pub fix: String,
    /// The known name that is nearest to an unknown one.
    pub nearest: Option<String>,
    /// Whether `allowed` names the key itself.
    is_standalone: bool,
}

impl Fault {
    pub(crate) fn new(place: Place, allowed: impl Into<String>, fix: impl Into<String>) -> Self {
        let (allowed, fix) = (allowed.into(), fix.into());
        Self { place, service: None, key: None, value: None, allowed, fix, nearest: None, is_standalone: false }
    }

    /// Creates a fault from one that breaker-core found in the settings of a service.
    pub(crate) fn from_core(place: Place, service: &str, fault: &ConfigFault) -> Self {
        Self::new(place, &fault.allowed, &fault.fix).about(service, &fault.key).value(&fault.value)
    }

    /// Converts the fault to the type that events contain.
    #[cfg(feature = "watch")]
    pub(crate) fn to_core(&self) -> PlacedFault {
        let Self { place, service, key, value, allowed, fix, .. } = self;
        let [key, value] = [key, value].map(|part| part.as_deref().unwrap_or_default());
        let fault = PlacedFault::new(ConfigFault::new(key, value, allowed, fix)).at(place.to_string());
        match service {
            Some(service) => fault.of_service(service),
            None => fault,
        }
    }

    pub(crate) fn service(mut self, service: &str) -> Self {
        self.service = Some(excerpt(service));
        self
    }

    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(excerpt(key));
        self
    }

    pub(crate) fn about(self, service: &str, key: &str) -> Self {
        self.service(service).key(key)
    }

    pub(crate) fn value(mut self, value: &str) -> Self {
        self.value = Some(excerpt(value));
        self
    }

    /// Makes `Display` leave out key and value.
    pub(crate) fn standalone(self) -> Self {
        Self { is_standalone: true, ..self }
    }

    pub(crate) fn nearest(mut self, nearest: Option<&str>) -> Self {
        self.nearest = nearest.map(str::to_owned);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, service, key, value, allowed, fix, .. } = self;
        write!(f, "{place}: ")?;
        if let Some(service) = service {
            write!(f, "`{service}`: ")?;
        }
        match (key, value) {
            _ if self.is_standalone => {}
            (Some(key), Some(value)) => write!(f, "{key} = {value}: ")?,
            (Some(key), None) => write!(f, "{key}: ")?,
            (None, _) => {}
        }
        write!(f, "{allowed}; {fix}")
    }
}
