//! What the tests share.

use std::collections::BTreeMap;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ManualClock, Outcome, Registry, State};
use breaker_prometheus::{BreakerCollector, Format};

pub(crate) use prometheus_client::registry::Registry as Metrics;

pub(crate) const FORMATS: [Format; 2] = [Format::Text, Format::OpenMetrics];

/// A registry on a manual clock.
pub(crate) fn manual() -> (Registry, ManualClock) {
    let (clock, hand) = Clock::manual();
    (Registry::with_clock(clock), hand)
}

pub(crate) fn collected(breakers: &Registry) -> Metrics {
    let mut metrics = Metrics::default();
    BreakerCollector::new(breakers).register(&mut metrics).expect("it is the first collector");
    metrics
}

/// Creates the breaker `search`: it opens and is closed by hand, opens, probes, opens again and closes. No two samples of
/// a family that can differ have the same value, so that none can be mistaken for another.
pub(crate) fn eventful(breakers: &Registry, clock: &ManualClock) -> CircuitBreaker {
    let config = Config::builder()
        .failure_threshold(3)
        .success_threshold(2)
        .half_open_max_calls(1)
        .open_timeout(Duration::from_secs(10))
        .slow_call_duration(Duration::from_secs(2))
        .slow_call_rate(1.0)
        .minimum_requests(4);
    let search = breakers.get_or_create("search", config.build().expect("the configuration is valid"));
    let ends = |outcome, millis| search.record(outcome, Duration::from_millis(millis));
    let rejected = |times| (0..times).for_each(|_| assert!(search.try_acquire().is_err()));
    clock.advance(Duration::from_millis(1500));
    for millis in [0, 1, 2, 5, 100, 2500] {
        ends(Outcome::Success, millis);
    }
    ends(Outcome::Ignore, 10);
    (0..2).for_each(|_| drop(search.try_acquire().expect("the circuit is closed")));
    for _ in 0..4 {
        while search.state() == State::Closed {
            ends(Outcome::Failure, 40);
        }
        search.reset();
    }
    for millis in [4, 40, 300, 40_000] {
        ends(Outcome::Failure, millis);
    }
    rejected(4);
    for _ in 0..2 {
        clock.advance(Duration::from_secs(12));
        let probe = search.try_acquire().expect("the open timeout has passed");
        rejected(1);
        clock.advance(Duration::from_millis(250));
        probe.failure();
    }
    clock.advance(Duration::from_secs(11));
    for _ in 0..2 {
        let probe = search.try_acquire().expect("the open timeout has passed");
        clock.advance(Duration::from_millis(20));
        probe.success();
    }
    for succeeds in [true, true, false] {
        search.count_fallback(succeeds);
    }
    for (outcome, millis) in [(Outcome::Success, 3), (Outcome::Success, 2100), (Outcome::Success, 2200)] {
        ends(outcome, millis);
    }
    ends(Outcome::Failure, 4);
    search
}

/// Returns each sample of a text with its value, and checks that no series is there twice.
pub(crate) fn samples(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').expect("a sample has a value");
        let before = found.insert(series.to_owned(), value.to_owned());
        assert_eq!(before, None, "{series} is there twice");
    }
    found
}
