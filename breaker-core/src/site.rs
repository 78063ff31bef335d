//! The static that each annotated function owns.

use std::fmt;
use std::panic::Location;

use crate::breaker::CircuitBreaker;
use crate::settings::Settings;
use crate::sync::OnceBox;

pub(crate) mod asked;

/// Where in the user's code the attribute stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeLocation(&'static Location<'static>);

impl CodeLocation {
    /// Sites in the order of the code.
    pub(crate) fn order(self) -> (&'static str, u32) {
        (self.0.file(), self.0.line())
    }
}

impl fmt::Display for CodeLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.file(), self.0.line())
    }
}

/// The name of a service that a constant holds.
///
/// # Panics
/// In the evaluation of a static, where the name is empty or reserved: that is an error of the compiler's.
#[must_use]
pub const fn service(name: &'static str) -> &'static str {
    assert!(
        !name.trim_ascii().is_empty(),
        "`service` is empty: it is the name of the breaker, as in `service = \"s3\"`"
    );
    assert!(
        !matches!(name.as_bytes(), b"defaults"),
        "`defaults` is reserved for the values that all services inherit: give the service another name"
    );
    name
}

/// One annotated function: the service that it calls, what its attribute says, and where it stands.
#[derive(Debug)]
pub struct Site {
    service: &'static str,
    settings: Settings,
    location: CodeLocation,
    /// Whether its calls can't be cancelled.
    is_plain: bool,
    /// Filled at the first call. From then on, reading it is one `Acquire` load, which pairs with the `AcqRel` exchange
    /// of the one that filled it. Calls that race for the first each ask the registry, which has one breaker for all; none
    /// waits, for a listener that hears of that first call may call this very function.
    breaker: OnceBox<CircuitBreaker>,
}

impl Site {
    /// The attribute has checked the settings; its location is where this is called.
    // A cell of loom's can't be made in a constant, and its models have no statics.
    #[cfg(not(loom))]
    #[must_use]
    #[track_caller]
    pub const fn new(service: &'static str, settings: Settings) -> Self {
        let location = CodeLocation(Location::caller());
        Self { service, settings, location, is_plain: false, breaker: OnceBox::new() }
    }

    /// The same for a function that is neither async nor gives a future.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn plain(mut self) -> Self {
        self.is_plain = true;
        self
    }

    pub(crate) const fn service(&self) -> &'static str {
        self.service
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) const fn location(&self) -> CodeLocation {
        self.location
    }

    pub(crate) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The breaker of the service; `find` gives it at the first call.
    #[inline]
    pub(crate) fn breaker_or_find(
        &'static self,
        find: impl FnOnce(&'static Self) -> CircuitBreaker,
    ) -> &'static CircuitBreaker {
        match self.breaker.get() {
            Some(breaker) => breaker,
            None => self.fill(find),
        }
    }

    #[cold]
    fn fill(&'static self, find: impl FnOnce(&'static Self) -> CircuitBreaker) -> &'static CircuitBreaker {
        self.breaker.get_or_init(|| Box::new(find(self)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_a_constant_holds_is_that_of_a_service() {
        assert_eq!(service("s3"), "s3");
        for name in ["", " \t", "defaults"] {
            assert!(std::panic::catch_unwind(|| service(name)).is_err(), "`{name}`");
        }
    }
}
