//! The global registry, in which annotated functions find their breakers.

use std::sync::LazyLock;
#[cfg(feature = "test-util")]
use std::sync::OnceLock;

use super::Registry;
#[cfg(feature = "test-util")]
use super::scope::entered;
use crate::breaker::CircuitBreaker;
use crate::clock::Clock;
#[cfg(feature = "test-util")]
use crate::clock::ManualClock;
use crate::site::Site;

/// The manual clock of a test, if it was created before the global registry.
#[cfg(feature = "test-util")]
static MANUAL: OnceLock<(Clock, ManualClock)> = OnceLock::new();

fn global_clock() -> Clock {
    #[cfg(feature = "test-util")]
    if let Some((clock, _)) = MANUAL.get() {
        return clock.clone();
    }
    Clock::monotonic()
}

impl Registry {
    /// Returns the registry of all annotated functions.
    ///
    /// Each copy of this crate that is linked into the process has its own global registry. A plugin that is loaded at
    /// run time (a `cdylib`) links its own copy: its annotated functions are in its own global registry, which the host
    /// program can neither read nor configure. Export a function from the plugin that configures and reads its
    /// registry.
    ///
    /// With the feature `test-util`, a thread in a `Scope` gets the registry of that scope.
    pub fn global() -> &'static Self {
        #[cfg(feature = "test-util")]
        if let Some(registry) = entered::current() {
            return registry;
        }
        Self::process_wide()
    }

    fn process_wide() -> &'static Self {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(|| Registry::make(true, global_clock()));
        &GLOBAL
    }

    /// Puts the global registry, and with it every annotated function, on a manual clock, and returns the clock's
    /// control. Each call returns the same clock.
    ///
    /// Tests in one process share the registry and this clock. For tests that run in parallel, use [`Registry::scope`],
    /// which gives each an isolated registry.
    ///
    /// # Panics
    /// If the global registry was used before, because its breakers already run on the monotonic clock.
    ///
    /// ```
    /// use breaker_core::{CircuitBreakerError, Registry, State, circuit_breaker};
    /// use std::time::Duration;
    ///
    /// #[derive(Debug)]
    /// struct Down;
    ///
    /// #[circuit_breaker(service = "ledger", consecutive_failures = 1, open_timeout = "30s", map_error = |_| Down)]
    /// fn post() -> Result<(), Down> {
    ///     Err(Down)
    /// }
    ///
    /// let time = Registry::manual_clock();
    /// post().unwrap_err();
    /// let ledger = Registry::global().get("ledger").unwrap();
    /// assert_eq!(ledger.state(), State::Open);
    /// time.advance(Duration::from_secs(30));
    /// assert_eq!(ledger.state(), State::HalfOpen);
    /// ```
    #[cfg(feature = "test-util")]
    pub fn manual_clock() -> ManualClock {
        let time = MANUAL.get_or_init(Clock::manual);
        assert!(
            Self::process_wide().0.clock.crank().is_some(),
            "the global registry runs on the monotonic clock: call `Registry::manual_clock` before anything uses it"
        );
        time.1.clone()
    }

    /// Creates the breaker of an annotated function that belongs to this registry.
    pub(super) fn make_listed(&self, site: &'static Site) {
        #[cfg(feature = "test-util")]
        if self.0.scope.get().is_some() {
            self.site_breaker(site);
            return;
        }
        site.breaker_or_find(|site| self.site_breaker(site));
    }
}

impl Site {
    /// Returns the breaker of the service, from the global registry or from the registry of this thread's scope.
    #[inline]
    pub(crate) fn breaker(&'static self) -> &'static CircuitBreaker {
        #[cfg(feature = "test-util")]
        if let Some(breaker) = entered::breaker_of(self) {
            return breaker;
        }
        self.breaker_or_find(|site| Registry::process_wide().site_breaker(site))
    }
}
