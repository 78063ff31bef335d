//! The warnings of an applied configuration.

use std::fmt;

use breaker_core::Conflict;
use breaker_keys::nearest;

use crate::place::Place;
use crate::text::excerpt;

/// The warnings of [`Configuration::apply_to`](crate::Configuration::apply_to). `Display` prints one line for each warning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Possible mistakes that are not errors. Those about services that are not in the code come first, ordered by name.
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

/// A configured service that is not in the code, or a value that conflicts with another one (see `conflict`).
///
/// The name of such a service may be misspelled. If the code names the service later, its configuration takes effect then.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The place that first names the service, or the place of the value.
    pub place: Place,
    /// The service.
    pub service: String,
    /// The name that was probably meant: a service in the code, or `defaults`.
    pub nearest: Option<String>,
    /// The conflict, if the warning is about values of a service in the code: a window that is shorter than twice the
    /// `request_timeout` ([`ConflictKind::ShortWindow`](breaker_core::ConflictKind::ShortWindow)), a `request_timeout` for
    /// functions that can't be cancelled ([`ConflictKind::PlainFunctions`](breaker_core::ConflictKind::PlainFunctions)), or a
    /// `fail_fast` that differs from the code's ([`ConflictKind::FailFast`](breaker_core::ConflictKind::FailFast)).
    pub conflict: Option<Conflict>,
}

impl Warning {
    pub(crate) fn new<'a>(place: &Place, service: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let nearest = nearest(service, known).map(str::to_owned);
        Self { place: place.clone(), service: service.to_owned(), nearest, conflict: None }
    }

    pub(crate) fn of_values(place: &Place, conflict: &Conflict) -> Self {
        let (service, conflict) = (conflict.service.clone(), Some(conflict.clone()));
        Self { place: place.clone(), service, nearest: None, conflict }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(conflict) = &self.conflict {
            return write!(f, "{}: {conflict}", self.place);
        }
        write!(f, "{}: service `{}` is not in the code", self.place, excerpt(&self.service))?;
        self.nearest.iter().try_for_each(|nearest| write!(f, "; did you mean `{nearest}`?"))
    }
}
