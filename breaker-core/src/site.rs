//! The static that each annotated function owns.

use std::fmt;
use std::panic::Location;
use std::sync::OnceLock;

use crate::breaker::CircuitBreaker;
use crate::registry::Registry;
use crate::settings::Settings;

/// Where in the user's code the attribute stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(&'static Location<'static>);

impl Place {
    /// Sites in the order of the code.
    pub(crate) fn order(self) -> (&'static str, u32) {
        (self.0.file(), self.0.line())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.file(), self.0.line())
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
    /// The attribute has checked the settings; its place is where this is called.
    #[must_use]
    #[track_caller]
    pub const fn new(service: &'static str, settings: Settings) -> Self {
        Self { service, settings, place: Place(Location::caller()), breaker: OnceLock::new() }
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
