//! The static that each annotated function owns.

use std::fmt;
use std::sync::OnceLock;

use crate::breaker::CircuitBreaker;
use crate::registry::Registry;
use crate::settings::Settings;

/// Where in the user's code a function stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// As `file!()` gives it.
    pub file: &'static str,
    /// As `line!()` gives it.
    pub line: u32,
    /// The function's path, modules included.
    pub function: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One annotated function: the service that it calls, what its attribute says, and where it stands.
#[derive(Debug)]
pub struct Site {
    service: &'static str,
    settings: Settings,
    place: Place,
    /// Filled at the first call. From then on, reading it is one `Acquire` load, which pairs with the
    /// `Release` of the one that filled it.
    breaker: OnceLock<CircuitBreaker>,
}

impl Site {
    /// The attribute has checked the settings.
    #[must_use]
    pub const fn new(service: &'static str, settings: Settings, place: Place) -> Self {
        Self { service, settings, place, breaker: OnceLock::new() }
    }

    pub(crate) const fn service(&self) -> &'static str {
        self.service
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// The breaker of the service, from the global registry.
    #[inline]
    pub(crate) fn breaker(&'static self) -> &'static CircuitBreaker {
        match self.breaker.get() {
            Some(breaker) => breaker,
            None => self.resolve(),
        }
    }

    #[cold]
    fn resolve(&'static self) -> &'static CircuitBreaker {
        self.breaker.get_or_init(|| Registry::global().site_breaker(self))
    }
}

/// What an annotated function submits before `main` starts.
#[derive(Debug)]
pub struct Listed(pub &'static Site);

inventory::collect!(Listed);

/// All annotated functions that are linked into the program, called or not.
pub(crate) fn sites() -> impl Iterator<Item = &'static Site> {
    inventory::iter::<Listed>.into_iter().map(|listed| listed.0)
}
