//! A service whose health is checked, on a clock that only the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use breaker_core::{
    Cause, CircuitBreaker, Clock, Config, ConfigBuilder, EventKind, ManualClock, Registry, ServiceHealth,
};

use crate::s;

/// A registry on a manual clock, with one service whose checks are on: every 10 s, for 2 s at most; one that fails opens.
///
/// # Panics
/// When the configuration is rejected.
#[must_use]
pub fn checked(more: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> (Registry, CircuitBreaker, ManualClock) {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let keys = Config::builder()
        .enable_health_check(true)
        .health_check_interval(s(10.0))
        .health_check_timeout(s(2.0))
        .health_check_failures(1)
        .open_timeout(s(60.0));
    let breaker = registry.get_or_create("db", more(keys).build().expect("valid"));
    (registry, breaker, time)
}

/// A check that answers what the test has put there, and counts how often it was asked.
#[derive(Clone, Debug, Default)]
pub struct Service {
    asked: Arc<AtomicUsize>,
    broken: Arc<AtomicUsize>,
}

impl Service {
    /// The check, to register it.
    pub fn check(&self) -> impl Fn() -> std::future::Ready<Result<(), &'static str>> + Send + Sync + 'static {
        let Self { asked, broken } = self.clone();
        move || {
            asked.fetch_add(1, Ordering::SeqCst);
            std::future::ready(if broken.load(Ordering::SeqCst) == 0 { Ok(()) } else { Err("connection refused") })
        }
    }

    /// From now on it fails, or succeeds.
    pub fn break_down(&self, broken: bool) {
        self.broken.store(usize::from(broken), Ordering::SeqCst);
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The health of the one service of a registry.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn only(registry: &Registry) -> ServiceHealth {
    registry.health().services.into_iter().next().expect("one service")
}

/// Why its circuit changed its state, oldest first.
#[must_use]
pub fn causes(breaker: &CircuitBreaker) -> Vec<Cause> {
    let cause = |kind| if let EventKind::Transition { cause, .. } = kind { Some(cause) } else { None };
    breaker.history().into_iter().filter_map(|event| cause(event.kind)).collect()
}

/// A call that fails.
pub fn fail(breaker: &CircuitBreaker) {
    let _ = breaker.call(|| Err::<(), _>("down"));
}
