//! What a breaker has counted, and what other code tells it to count.

use std::time::Duration;

use super::CircuitBreaker;
use crate::clock::nanos;
use crate::engine::memory::Engine;
use crate::log;
use crate::log::answered::ErrorText;
use crate::metrics::Metrics;
use crate::outcome::Outcome;

impl CircuitBreaker {
    /// Counts a call that ran without the breaker's admission, for example one that a connection pool, a webhook or a
    /// stream reports. `elapsed` is how long it took; with `response_times = false`, it is ignored.
    ///
    /// In a closed circuit it counts like any other call, and may open the circuit. In an open or half-open circuit it
    /// is counted, but it does not affect the state and takes no probe's place.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config, Outcome, State};
    /// use std::time::Duration;
    ///
    /// let pool = CircuitBreaker::new("pool", Config::builder().failure_threshold(2).build()?);
    /// pool.record(Outcome::Failure, Duration::from_millis(30));
    /// pool.record(Outcome::Failure, Duration::from_millis(30));
    /// assert_eq!((pool.state(), pool.metrics().requests), (State::Open, 2));
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    pub fn record(&self, outcome: Outcome, elapsed: Duration) {
        Engine::end_unasked(self.host(), outcome.into(), nanos(elapsed));
    }

    /// Returns a snapshot of all counters.
    pub fn metrics(&self) -> Metrics {
        let now = self.settle();
        let (snapshot, dropped_events) = (self.0.engine.snapshot(now), self.0.hub.dropped());
        #[cfg(feature = "test-util")]
        let (snapshot, dropped_events) = self.0.baseline.since(snapshot, dropped_events);
        Metrics::of(self.0.service, &snapshot, dropped_events, now)
    }

    /// Restarts all counters of [`metrics`](Self::metrics) at zero, for tests that share a breaker. In production,
    /// counters never go back. State, window and calls in flight are kept; use [`reset`](Self::reset) to close the
    /// circuit. If a call of another thread ends meanwhile, `min` and `max` of [`ResponseTime`](crate::ResponseTime)
    /// may miss it. Feature `test-util`.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    ///
    /// let breaker = CircuitBreaker::new("search", Config::default());
    /// let _ = breaker.call(|| Ok::<_, String>(42));
    /// breaker.reset_metrics();
    /// let _ = breaker.call(|| Err::<(), _>("down"));
    /// let metrics = breaker.metrics();
    /// assert_eq!((metrics.requests, metrics.successes, metrics.failures), (1, 0, 1));
    /// ```
    #[cfg(feature = "test-util")]
    pub fn reset_metrics(&self) {
        let now = self.settle();
        self.0.baseline.set(&self.0.engine, now, self.0.hub.dropped());
    }

    /// Counts a run of a fallback, in [`Metrics::fallback_successes`] or [`Metrics::fallback_failures`]. Use it in code
    /// that wraps calls and has its own fallback; fallbacks of annotated functions are counted automatically.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    ///
    /// fn read(breaker: &CircuitBreaker, cache: Option<u32>) -> Option<u32> {
    ///     breaker.call(|| Err::<u32, _>("connection refused")).ok().or_else(|| {
    ///         breaker.count_fallback(cache.is_some());
    ///         cache
    ///     })
    /// }
    ///
    /// let breaker = CircuitBreaker::new("store", Config::default());
    /// assert_eq!((read(&breaker, Some(7)), breaker.metrics().fallback_successes), (Some(7), 1));
    /// ```
    pub fn count_fallback(&self, succeeded: bool) {
        self.end_fallback(succeeded, &ErrorText::of(None));
    }

    /// Logs and counts a run of a fallback for this error.
    pub(crate) fn end_fallback(&self, succeeded: bool, error: &ErrorText) {
        log::answered::fallback(self.0.service, succeeded, error);
        Engine::count_fallback(self.host(), succeeded);
    }
}
