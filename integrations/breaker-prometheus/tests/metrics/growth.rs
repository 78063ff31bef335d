//! Counters never decrease from scrape to scrape, whatever happens to the breaker.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use breaker_core::{Config, Mode, Outcome, Registry};
use breaker_prometheus::Format;

use crate::rig::{Metrics, collected, eventful, manual, samples};

/// Everything except gauges only grows.
fn counters(metrics: &Metrics) -> Vec<(String, f64)> {
    let text = Format::Text.encode(metrics).expect("all metrics can be encoded");
    let grows = |series: &str| ["_total{", "_bucket{", "_sum{", "_count{"].iter().any(|kind| series.contains(kind));
    let samples = samples(&text).into_iter().filter(|(series, _)| grows(series));
    samples.map(|(series, value)| (series, value.parse().expect("a value is a number"))).collect()
}

fn assert_grown(before: &[(String, f64)], after: &[(String, f64)]) {
    assert!(!before.is_empty() && before.len() == after.len());
    for ((series, before), (same, after)) in before.iter().zip(after) {
        assert_eq!(series, same);
        assert!(before <= after, "{series} decreased from {before} to {after}");
    }
}

#[test]
fn no_counter_decreases_when_the_breaker_is_changed() {
    let (breakers, clock) = manual();
    let metrics = collected(&breakers);
    let search = eventful(&breakers, &clock);
    let mut before = counters(&metrics);
    let opens = Config::builder().consecutive_failures(1).open_timeout(Duration::from_secs(1)).build();
    let opens = opens.expect("the configuration is valid");
    let steps: [&dyn Fn(); 9] = [
        &|| search.reset(),
        &|| search.reconfigure(opens.clone()),
        &|| search.record(Outcome::Failure, Duration::from_secs(1)),
        &|| clock.advance(Duration::from_secs(2)),
        &|| search.set_mode(Mode::ForcedOpen),
        &|| clock.advance(Duration::from_secs(100)),
        &|| search.set_mode(Mode::Shadow),
        &|| search.reset(),
        &|| search.record(Outcome::Success, Duration::from_secs(100)),
    ];
    for step in steps {
        step();
        let after = counters(&metrics);
        assert_grown(&before, &after);
        before = after;
    }
}

#[test]
fn no_counter_decreases_while_threads_call() {
    let breakers = Registry::new();
    let metrics = collected(&breakers);
    let search = breakers.get_or_create("search", Config::default());
    let ends = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..2 {
            let (search, ends) = (&search, &ends);
            scope.spawn(move || {
                let mut calls = thread;
                while !ends.load(Relaxed) {
                    calls += 1;
                    let _ = search.call(|| if calls % 9 == 0 { Err("down") } else { Ok(()) });
                }
            });
        }
        let scrapes: Vec<_> = (0..200).map(|_| counters(&metrics)).collect();
        ends.store(true, Relaxed);
        scrapes.windows(2).for_each(|pair| assert_grown(&pair[0], &pair[1]));
    });
}
