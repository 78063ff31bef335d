//! A service with a health check, on a manual clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use breaker_core::{
    Cause, CircuitBreaker, Clock, Config, ConfigBuilder, EventKind, ManualClock, Registry, ServiceHealth,
};

use crate::s;

/// Returns a registry on a manual clock with one service whose health check runs every 10 s, times out after 2 s, and
/// opens the circuit at the first failure.
///
/// # Panics
/// If the configuration is rejected.
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

/// A health check whose result the test sets. It counts its runs.
#[derive(Clone, Debug, Default)]
pub struct Service {
    asked: Arc<AtomicUsize>,
    broken: Arc<AtomicUsize>,
}

impl Service {
    /// Returns the check, to be registered.
    pub fn check(&self) -> impl Fn() -> std::future::Ready<Result<(), &'static str>> + Send + Sync + 'static {
        let Self { asked, broken } = self.clone();
        move || {
            asked.fetch_add(1, Ordering::SeqCst);
            std::future::ready(if broken.load(Ordering::SeqCst) == 0 { Ok(()) } else { Err("connection refused") })
        }
    }

    /// Makes the following checks fail (`true`) or succeed.
    pub fn break_down(&self, broken: bool) {
        self.broken.store(usize::from(broken), Ordering::SeqCst);
    }

    /// Returns how often the check has run.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Returns the health of the only service of a registry.
///
/// # Panics
/// If the registry has no service.
#[must_use]
pub fn only(registry: &Registry) -> ServiceHealth {
    registry.health().services.into_iter().next().expect("one service")
}

/// Returns the causes of all transitions, oldest first.
#[must_use]
pub fn causes(breaker: &CircuitBreaker) -> Vec<Cause> {
    let cause = |kind| if let EventKind::Transition { cause, .. } = kind { Some(cause) } else { None };
    breaker.history().into_iter().filter_map(|event| cause(event.kind)).collect()
}

/// Makes a call that fails.
pub fn fail(breaker: &CircuitBreaker) {
    let _ = breaker.call(|| Err::<(), _>("down"));
}
