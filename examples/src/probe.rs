//! What a caller without a breaker suffers, measured during each outage on the bare function.

use std::time::{Duration, Instant};

use crate::dependency::Dependency;
use crate::ledger::Counts;
use crate::service::ReviewService;

/// The pause between two bare calls: few enough to add no load worth the name.
const PAUSE: Duration = Duration::from_millis(150);

/// Bare calls, one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bare {
    pub(crate) calls: u32,
    pub(crate) errors: u32,
    pub(crate) waited: Duration,
}

/// One outage: what bare calls suffered, and what the protected traffic had at the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finding {
    pub(crate) dependency: Dependency,
    pub(crate) bare: Bare,
    pub(crate) protected: Counts,
    /// Of the protected calls, those that the breaker rejected.
    pub(crate) rejected: u64,
}

impl Finding {
    /// The errors that the same traffic would have got from bare calls.
    pub(crate) fn errors_without(&self) -> f64 {
        self.per_bare_call(f64::from(self.bare.errors))
    }

    /// What the same traffic would have waited in bare calls, in seconds.
    pub(crate) fn waited_without(&self) -> f64 {
        self.per_bare_call(self.bare.waited.as_secs_f64())
    }

    fn per_bare_call(&self, sum: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand calls")]
        let calls = self.protected.calls as f64;
        calls * sum / f64::from(self.bare.calls.max(1))
    }
}

/// Calls `dependency` bare for `length`.
pub(crate) async fn bare(service: &ReviewService, dependency: Dependency, length: Duration) -> Bare {
    let start = Instant::now();
    let mut bare = Bare::default();
    while start.elapsed() < length {
        let called = Instant::now();
        let failed = match dependency {
            Dependency::S3 => service.photos.download(0).await.is_err(),
            Dependency::Database => service.reviews.select_unprotected(0).await.is_err(),
            Dependency::Catalog => service.catalog.read(0).await.is_err(),
            Dependency::Prices => service.prices.ask(0).await.is_err(),
            // It is late, but doesn't fail.
            Dependency::Cache => service.cache.look_up(0).await.is_err(),
        };
        bare.calls += 1;
        bare.errors += u32::from(failed);
        bare.waited += called.elapsed();
        tokio::time::sleep(PAUSE.min(length.saturating_sub(start.elapsed()))).await;
    }
    bare
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bare, Finding};
    use crate::dependency::Dependency;
    use crate::ledger::Counts;

    #[test]
    fn bare_calls_are_scaled_to_the_traffic() {
        let finding = Finding {
            dependency: Dependency::S3,
            bare: Bare { calls: 4, errors: 2, waited: Duration::from_secs(1) },
            protected: Counts { calls: 100, ..Counts::default() },
            rejected: 0,
        };
        assert!((finding.errors_without() - 50.0).abs() < 1e-9);
        assert!((finding.waited_without() - 25.0).abs() < 1e-9);
    }

    #[test]
    fn no_bare_call_says_nothing() {
        let finding =
            Finding { dependency: Dependency::S3, bare: Bare::default(), protected: Counts::default(), rejected: 0 };
        assert!(finding.errors_without().abs() < 1e-9);
    }
}
