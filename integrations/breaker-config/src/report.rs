//! What is odd but not wrong, after a configuration was applied.

use std::fmt;

use crate::fault::{Place, shown};

/// What [`Configuration::apply_to`](crate::Configuration::apply_to) has to tell. Displayed, it has one line for each
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

/// A service that is configured, but that no code names: misspelled, or about to be named later, when it gets what is
/// said about it.
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
        write!(f, "{}: no code names a service `{}`", self.place, shown(&self.service))?;
        self.nearest.iter().try_for_each(|nearest| write!(f, "; is `{nearest}` meant?"))
    }
}

/// The known name that is near enough to be what was meant, if any.
pub(crate) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    let length = unknown.chars().count();
    let near = known.filter_map(|name| {
        let own = name.chars().count();
        let most = (own / 3).max(1);
        // Names whose lengths differ by more are farther away than that; comparing very long ones takes long.
        let distance = (own.abs_diff(length) <= most).then(|| strsim::levenshtein(&unknown, &name.to_lowercase()))?;
        (distance <= most).then_some((distance, name))
    });
    Some(near.min()?.1)
}
