//! What the callers saw, counted by themselves: the drill's own account, compared with that of the breakers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use breaker_core::Registry;

use crate::dependency::Dependency;

/// What one caller got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// The answer of the service itself.
    Ok,
    /// The answer of a fallback, or the default value where `fail_fast = false`.
    Degraded,
    Error,
}

impl Served {
    fn of<T, E>(result: &Result<T, E>, is_fresh: impl FnOnce(&T) -> bool) -> Self {
        match result {
            Ok(value) if is_fresh(value) => Self::Ok,
            Ok(_) => Self::Degraded,
            Err(_) => Self::Error,
        }
    }
}

/// The account of one dependency at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) ok: u64,
    pub(crate) degraded: u64,
    pub(crate) errors: u64,
    /// The sum of what the callers waited.
    pub(crate) waited: Duration,
}

impl Counts {
    /// What has come on top of `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(earlier.calls),
            ok: self.ok.saturating_sub(earlier.ok),
            degraded: self.degraded.saturating_sub(earlier.degraded),
            errors: self.errors.saturating_sub(earlier.errors),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }
}

#[derive(Default)]
struct Account {
    calls: AtomicU64,
    ok: AtomicU64,
    degraded: AtomicU64,
    errors: AtomicU64,
    rejected_by_layer: AtomicU64,
    waited_us: AtomicU64,
}

/// One account per dependency.
#[derive(Default)]
pub(crate) struct Ledger {
    accounts: [Account; Dependency::ALL.len()],
    first_error: Mutex<Option<String>>,
}

impl Ledger {
    /// Makes one call to `dependency` and counts its answer; an error becomes `None`.
    pub(crate) async fn watch<T, E: std::fmt::Display>(
        &self,
        dependency: Dependency,
        call: impl Future<Output = Result<T, E>>,
        is_fresh: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let account = &self.accounts[dependency.index()];
        account.calls.fetch_add(1, Relaxed);
        let start = Instant::now();
        let result = call.await;
        account.waited_us.fetch_add(start.elapsed().as_micros().try_into().unwrap_or(u64::MAX), Relaxed);
        match Served::of(&result, is_fresh) {
            Served::Ok => &account.ok,
            Served::Degraded => &account.degraded,
            Served::Error => &account.errors,
        }
        .fetch_add(1, Relaxed);
        result.map_err(|error| self.note(dependency, &error.to_string())).ok()
    }

    /// The account of `dependency` now.
    pub(crate) fn counts(&self, dependency: Dependency) -> Counts {
        let account = &self.accounts[dependency.index()];
        Counts {
            calls: account.calls.load(Relaxed),
            ok: account.ok.load(Relaxed),
            degraded: account.degraded.load(Relaxed),
            errors: account.errors.load(Relaxed),
            waited: Duration::from_micros(account.waited_us.load(Relaxed)),
        }
    }

    /// Counts a request that the layer of a route rejected: it reached no function of `dependency`.
    pub(crate) fn rejected_by_layer(&self, dependency: Dependency) {
        self.accounts[dependency.index()].rejected_by_layer.fetch_add(1, Relaxed);
    }

    /// How many calls of functions the breaker of `dependency` has rejected so far.
    pub(crate) fn rejected_calls(&self, dependency: Dependency) -> u64 {
        let all = Registry::global().get(dependency.name()).map_or(0, |breaker| breaker.metrics().rejections);
        all.saturating_sub(self.accounts[dependency.index()].rejected_by_layer.load(Relaxed))
    }

    /// The first error that reached a caller, if one did.
    pub(crate) fn first_error(&self) -> Option<String> {
        self.first_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, dependency: Dependency, error: &str) {
        let mut first = self.first_error.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| format!("{}: {error}", dependency.name()));
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Ledger, Served};
    use crate::dependency::Dependency;

    #[tokio::test]
    async fn each_answer_has_its_column() {
        let ledger = Ledger::default();
        for answer in [Ok(true), Ok(false), Ok(true), Err("gone")] {
            ledger.watch(Dependency::S3, async { answer }, |fresh| *fresh).await;
        }
        let counts = ledger.counts(Dependency::S3);
        assert_eq!((counts.calls, counts.ok, counts.degraded, counts.errors), (4, 2, 1, 1));
        assert_eq!(ledger.counts(Dependency::Cache), Counts::default());
        assert_eq!(ledger.first_error().as_deref(), Some("s3: gone"));
        assert_eq!(Served::of::<_, ()>(&Ok(1), |_| true), Served::Ok);
    }

    #[test]
    fn a_difference_never_wraps() {
        let more = Counts { calls: 5, ok: 5, ..Counts::default() };
        assert_eq!(more.since(Counts { calls: 2, ..Counts::default() }).calls, 3);
        assert_eq!(Counts::default().since(more), Counts::default());
    }
}
