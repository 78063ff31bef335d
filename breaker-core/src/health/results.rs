//! The last results of the health checks.

use std::fmt;
#[cfg(feature = "tokio")]
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(feature = "tokio")]
use super::finding::Finding;
use crate::by_name::ByName;
use crate::error::{Human, round_down};
#[cfg(feature = "serde")]
use crate::seconds;

/// The last result of the health check of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HealthCheckResult {
    /// How long ago the last check started.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub ago: Duration,
    /// How long the last check took.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub took: Duration,
    /// Consecutive failed checks: 0 if the last one succeeded. A check that a breaker rejected counts neither here nor
    /// in `successes`.
    pub failures: u32,
    /// Consecutive successful checks: 0 if the last one failed.
    pub successes: u32,
    /// The error of the last check that failed, even if a later one succeeded.
    pub last_error: Option<String>,
    /// The error of the last check if a breaker rejected a call of the check. Such a check says nothing about the
    /// service.
    pub rejected: Option<String>,
}

/// Writes one line: how the last check ended, when it started, and how long it took.
///
/// ```text
/// succeeded 3s ago, took 12ms
/// failed 2 times in a row, last 3s ago, took 5s: no answer within 5s
/// rejected 3s ago, took 1ms: circuit breaker `s3` is open: call rejected, retry in 12s
/// ```
impl fmt::Display for HealthCheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ago, took, failures, last_error, rejected, .. } = self;
        let (ago, took) = (Human(round_down(*ago)), Human(round_down(*took)));
        match (rejected, failures) {
            (Some(rejection), _) => write!(f, "rejected {ago} ago, took {took}: {rejection}"),
            (None, 0) => write!(f, "succeeded {ago} ago, took {took}"),
            (None, failures) => {
                let error = last_error.as_deref().unwrap_or_default();
                let times = if *failures == 1 {
                    "failed".to_owned()
                } else {
                    format!("failed {failures} times in a row, last")
                };
                write!(f, "{times} {ago} ago, took {took}: {error}")
            }
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Results(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: ByName<&'static str, Entry>,
    /// How many checks have been registered.
    #[cfg(feature = "tokio")]
    registered: u64,
}

#[derive(Debug, Default)]
struct Entry {
    /// The number of the check to which it belongs.
    #[cfg(feature = "tokio")]
    number: u64,
    /// `None` before the first check has ended.
    last: Option<Last>,
    failures: u32,
    successes: u32,
    last_error: Option<String>,
    rejected: Option<String>,
}

#[derive(Debug)]
struct Last {
    /// On the breaker's clock.
    start: u64,
    took: Duration,
}

impl Results {
    pub(crate) fn of(&self, service: &str, now: u64) -> Option<HealthCheckResult> {
        let all = self.lock();
        let entry = all.entries.get(service)?;
        let last = entry.last.as_ref()?;
        Some(HealthCheckResult {
            ago: Duration::from_nanos(now.saturating_sub(last.start)),
            took: last.took,
            failures: entry.failures,
            successes: entry.successes,
            last_error: entry.last_error.clone(),
            rejected: entry.rejected.clone(),
        })
    }

    /// The services that have a check.
    #[cfg(feature = "tokio")]
    pub(crate) fn services(&self) -> Vec<&'static str> {
        self.lock().entries.names().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many consecutive checks, including the last one, have ended like the last one.
#[cfg(feature = "tokio")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    Successes(u32),
    Failures(u32),
}

/// The results of one registered check. They are removed when it ends, or when another check of its service replaces
/// it, so that outdated results are not reported.
#[cfg(feature = "tokio")]
pub(crate) struct Sheet {
    results: Arc<Results>,
    service: &'static str,
    number: u64,
}

#[cfg(feature = "tokio")]
impl Sheet {
    pub(crate) fn new(results: &Arc<Results>, service: &'static str) -> Self {
        let mut all = results.lock();
        all.registered += 1;
        let number = all.registered;
        all.entries.insert(service, Entry { number, ..Entry::default() });
        Self { results: Arc::clone(results), service, number }
    }

    /// Stores the result of a check, and returns what `decide` makes of it; `None` if another check has replaced this
    /// one, or if the check was rejected. `decide` runs under the lock, so that a check that was replaced can't act
    /// afterwards.
    pub(crate) fn enter<R>(
        &self,
        start: u64,
        took: Duration,
        finding: Finding,
        decide: impl FnOnce(Run) -> R,
    ) -> Option<R> {
        let mut all = self.results.lock();
        let entry = all.entries.get_mut(self.service).filter(|entry| entry.number == self.number)?;
        entry.last = Some(Last { start, took });
        entry.rejected = None;
        let run = match finding {
            Finding::Success => {
                (entry.successes, entry.failures) = (entry.successes.saturating_add(1), 0);
                Run::Successes(entry.successes)
            }
            Finding::Failure(error) => {
                (entry.successes, entry.failures) = (0, entry.failures.saturating_add(1));
                entry.last_error = Some(error);
                Run::Failures(entry.failures)
            }
            Finding::Rejected(error) => {
                entry.rejected = Some(error);
                return None;
            }
        };
        Some(decide(run))
    }

    /// Whether the last check that was not rejected has failed.
    pub(crate) fn is_failing(&self) -> bool {
        let all = self.results.lock();
        all.entries.get(self.service).is_some_and(|entry| entry.number == self.number && entry.failures > 0)
    }

    /// Clears the results, after checks were disabled.
    pub(crate) fn clear(&self) {
        let mut all = self.results.lock();
        if let Some(entry) = all.entries.get_mut(self.service).filter(|entry| entry.number == self.number) {
            *entry = Entry { number: self.number, ..Entry::default() };
        }
    }
}

#[cfg(feature = "tokio")]
impl Drop for Sheet {
    fn drop(&mut self) {
        let mut all = self.results.lock();
        if all.entries.get(self.service).is_some_and(|entry| entry.number == self.number) {
            all.entries.remove(self.service);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(failures: u32, last_error: Option<&str>, rejected: Option<&str>) -> String {
        HealthCheckResult {
            ago: Duration::from_millis(3_250),
            took: Duration::from_micros(12_345),
            failures,
            successes: 0,
            last_error: last_error.map(str::to_owned),
            rejected: rejected.map(str::to_owned),
        }
        .to_string()
    }

    #[test]
    fn a_result_is_one_line() {
        assert_eq!(result(0, Some("refused"), None), "succeeded 3s ago, took 12ms");
        assert_eq!(result(1, Some("refused"), None), "failed 3s ago, took 12ms: refused");
        assert_eq!(result(2, Some("refused"), None), "failed 2 times in a row, last 3s ago, took 12ms: refused");
        assert_eq!(result(2, Some("refused"), Some("open")), "rejected 3s ago, took 12ms: open");
    }
}
