//! The static of each annotated function.

use std::fmt;
use std::panic::Location;

use breaker_keys::Value;

use crate::breaker::CircuitBreaker;
use crate::settings::Settings;
use crate::sync::OnceBox;

pub(crate) mod asked;

/// The place of the attribute in the user's code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeLocation(&'static Location<'static>);

impl CodeLocation {
    /// Returns a key that sorts sites in the order of the code.
    pub(crate) fn order(self) -> (&'static str, u32) {
        (self.0.file(), self.0.line())
    }
}

impl fmt::Display for CodeLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.file(), self.0.line())
    }
}

/// Checks the name of a service that is given as a constant, and returns it.
///
/// # Panics
/// If the name is empty or reserved. It is evaluated in a static, so the panic is a compile error.
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

/// One annotated function: its service, the settings of its attribute, and its place in the code.
#[derive(Debug)]
pub struct Site {
    service: &'static str,
    /// Only the keys that the attribute sets: the compiler checks each static value by value, and all keys of
    /// [`Settings`] in it would cost more build time than the rest of the site.
    settings: &'static [(&'static str, Value)],
    location: CodeLocation,
    /// Whether it is a plain function, whose calls can't be cancelled.
    is_plain: bool,
    /// Set by the first call. From then on, reading it is one `Acquire` load, which pairs with the `AcqRel` exchange of
    /// the call that set it. Concurrent first calls each ask the registry, which returns the same breaker to all. None
    /// of them waits for another, because a listener that runs during a first call may call the same function.
    breaker: OnceBox<CircuitBreaker>,
}

impl Site {
    /// Creates a site at the location of the caller. The attribute has checked the settings.
    // loom's cells can't be created in a constant, and its models have no statics.
    #[cfg(not(loom))]
    #[must_use]
    #[track_caller]
    pub const fn new(service: &'static str, settings: &'static [(&'static str, Value)]) -> Self {
        let location = CodeLocation(Location::caller());
        Self { service, settings, location, is_plain: false, breaker: OnceBox::new() }
    }

    /// Marks the function as plain: it is neither async nor returns a future.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn plain(mut self) -> Self {
        self.is_plain = true;
        self
    }

    pub(crate) const fn service(&self) -> &'static str {
        self.service
    }

    /// Returns the settings of the attribute.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::NONE;
        for (name, value) in self.settings {
            let is_set = breaker_keys::setting(name).is_ok_and(|key| settings.set(key, *value));
            debug_assert!(is_set, "the attribute has checked `{name}`");
        }
        settings
    }

    pub(crate) const fn location(&self) -> CodeLocation {
        self.location
    }

    pub(crate) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Returns the breaker of the service. The first call gets it from `find`.
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

/// The entry that an annotated function submits before `main` starts.
#[derive(Debug)]
pub struct Listed(pub &'static Site);

inventory::collect!(Listed);

/// Returns all annotated functions that are linked into the program, called or not.
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
