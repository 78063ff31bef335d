//! Debian's Prometheus and promtool read the metrics. `cargo xtask test install` provides them.
#![cfg(target_os = "linux")]

mod checked;
mod scraped;
mod server;
mod tools;

use std::time::Duration;

use breaker_core::{Clock, Config, ManualClock, Outcome, Registry};
use breaker_prometheus::BreakerCollector;
use prometheus_client::registry::Registry as Metrics;

/// Names that must be escaped, and one that needs nothing.
const SERVICES: [&str; 6] = ["search", "a\"b", r"a\b", "a\nb\r", "Prüfung-検索-🔎", "# EOF\n{},="];

/// Some services on a clock that stands still, so that every scrape has the same values.
fn breakers() -> (Registry, ManualClock) {
    let (clock, hand) = Clock::manual();
    let breakers = Registry::with_clock(clock);
    let config =
        Config::builder().consecutive_failures(3).slow_call_duration(Duration::from_secs(1)).slow_call_rate(0.9);
    let config = config.build().expect("the configuration is valid");
    for (i, name) in SERVICES.into_iter().enumerate() {
        let service = breakers.get_or_create(name, config.clone());
        for millis in 0..30 {
            service.record(Outcome::Success, Duration::from_millis(millis * 100));
        }
        (0..i).for_each(|_| service.record(Outcome::Failure, Duration::from_millis(20)));
    }
    hand.advance(Duration::from_millis(1250));
    (breakers, hand)
}

fn collected(breakers: &Registry) -> Metrics {
    let mut metrics = Metrics::default();
    BreakerCollector::new(breakers).register(&mut metrics).expect("it is the first collector");
    #[cfg(feature = "resilience4j")]
    breaker_prometheus::Resilience4jCollector::new(breakers).register(&mut metrics).expect("its names are different");
    metrics
}
