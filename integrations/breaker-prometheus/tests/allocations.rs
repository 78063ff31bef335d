//! What a scrape allocates. In a binary of its own, because of its allocator.

use std::fmt;
use std::hint::black_box;

use breaker_core::{Config, Registry};
use breaker_prometheus::BreakerCollector;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry as Metrics;

#[path = "../../../tests/tests/counting.rs"]
#[expect(dead_code, reason = "shared with tests that also count bytes")]
mod counting;

/// Takes the text and keeps nothing.
struct Sink;

impl fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        black_box(text);
        Ok(())
    }
}

fn allocations(run: impl Fn()) -> u64 {
    run();
    let before = counting::made();
    run();
    counting::made() - before
}

#[test]
fn encoding_allocates_nothing_for_a_service() {
    let breakers = Registry::new();
    for service in 0..1_000 {
        let service = breakers.get_or_create(&format!("service \"{service}\""), Config::default());
        let _ = service.call(|| Ok::<_, String>(()));
    }
    let mut metrics = Metrics::default();
    BreakerCollector::new(&breakers).register(&mut metrics).expect("it is the first collector");
    let snapshot = allocations(|| drop(black_box(breakers.metrics())));
    let scrapes = [
        allocations(|| prometheus_text::encode(&mut Sink, &metrics).expect("all metrics can be encoded")),
        allocations(|| text::encode(&mut Sink, &metrics).expect("all metrics can be encoded")),
    ];
    // The encoder's buffer, whatever the number of services.
    assert_eq!(scrapes, [snapshot + 1; 2]);
}
