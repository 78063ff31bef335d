//! What applying a configuration reports: what may be a mistake, but is no error.

use std::fmt;

use breaker_keys::nearest;

use crate::place::Place;
use crate::text::excerpt;

/// The warnings of [`Configuration::apply_to`](crate::Configuration::apply_to). Displayed, it has one line for each
/// warning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What may be a mistake. In the order of the services' names.
    pub warnings: Vec<Warning>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, warning) in self.warnings.iter().enumerate() {
            write!(f, "{}{warning}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// A service that is configured, but that no code names: misspelled, or named later, when its configuration takes
/// effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// Where it is named first.
    pub place: Place,
    /// The service.
    pub service: String,
    /// The service that code names, or `defaults`, whichever name is nearest, if any is near.
    pub nearest: Option<String>,
}

impl Warning {
    pub(crate) fn new<'a>(place: &Place, service: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let nearest = nearest(service, known).map(str::to_owned);
        Self { place: place.clone(), service: service.to_owned(), nearest }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: no code names a service `{}`", self.place, excerpt(&self.service))?;
        self.nearest.iter().try_for_each(|nearest| write!(f, "; is `{nearest}` meant?"))
    }
}
