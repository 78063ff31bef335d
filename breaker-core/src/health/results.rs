//! What the health checks have found last.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How the health check of a service went last.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckHealth {
    /// How long ago it began.
    pub ago: Duration,
    /// How long it took.
    pub took: Duration,
    /// Failed checks in a row: 0 if the last one was good.
    pub failures: u32,
    /// What the last check that failed said, also where a later one was good.
    pub last_error: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Results(Mutex<BTreeMap<&'static str, Entry>>);

#[derive(Debug, Default)]
struct Entry {
    /// On the breaker's clock.
    start: u64,
    took: Duration,
    failures: u32,
    last_error: Option<String>,
}

impl Results {
    /// Enters a check, with its error if it failed; failures in a row so far.
    #[cfg(feature = "tokio")]
    pub(crate) fn enter(&self, service: &'static str, start: u64, took: Duration, error: Option<String>) -> u32 {
        let mut all = self.lock();
        let entry = all.entry(service).or_default();
        entry.start = start;
        entry.took = took;
        entry.failures = if error.is_some() { entry.failures.saturating_add(1) } else { 0 };
        entry.last_error = error.or(entry.last_error.take());
        entry.failures
    }

    /// The checks of a service have been switched off.
    #[cfg(feature = "tokio")]
    pub(crate) fn forget(&self, service: &'static str) {
        self.lock().remove(service);
    }

    pub(crate) fn of(&self, service: &str, now: u64) -> Option<CheckHealth> {
        self.lock().get(service).map(|entry| CheckHealth {
            ago: Duration::from_nanos(now.saturating_sub(entry.start)),
            took: entry.took,
            failures: entry.failures,
            last_error: entry.last_error.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
