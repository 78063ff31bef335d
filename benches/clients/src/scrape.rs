//! A scrape of 1,000 services in both formats, and calls while metrics are scraped without a pause. The goal is at most
//! 10 ms a scrape, and calls as fast as without scrapes.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, Config, Registry};
use breaker_prometheus::{BreakerCollector, Format};

const SERVICES: usize = 1_000;
const SCRAPES: usize = 100;
const CALLS: usize = 1_000_000;
const GOAL: Duration = Duration::from_millis(10);

pub(crate) fn measure() {
    let breakers = Registry::new();
    let config = Config::builder().slow_call_duration(Duration::from_secs(1)).slow_call_rate(0.5).build();
    let config = config.expect("the configuration is valid");
    let services: Vec<_> =
        (0..SERVICES).map(|i| breakers.get_or_create(&format!("service-{i:04}"), config.clone())).collect();
    for (i, service) in services.iter().enumerate() {
        (0..100).for_each(|call| call_once(service, (i + call) % 3 != 0));
    }
    let mut metrics = prometheus_client::registry::Registry::default();
    BreakerCollector::new(&breakers).register(&mut metrics).expect("it is the first collector");

    let snapshots = times(|| breakers.metrics().services.len());
    println!("snapshots of {SERVICES} services: median {:?}", snapshots[SCRAPES / 2]);
    let medians = [Format::Text, Format::OpenMetrics].map(|format| {
        let encode = || format.encode(&metrics).expect("all metrics can be encoded");
        let times = times(encode);
        let [fastest, median, slowest] = [0, SCRAPES / 2, SCRAPES - 1].map(|rank| times[rank]);
        let size = encode().len();
        println!("{format:?} scrape of {SERVICES} services, {size} bytes:");
        println!("    fastest {fastest:?}, median {median:?}, slowest {slowest:?}");
        median
    });
    calls_meanwhile(&services[0], &metrics);
    let verdict = if medians.iter().all(|median| *median <= GOAL) { "met" } else { "missed" };
    // Not an error: it depends on the machine and its load.
    println!("goal: a median of at most {GOAL:?}, with optimizations: {verdict}");
}

fn call_once(service: &CircuitBreaker, is_ok: bool) {
    let _ = black_box(service.call(|| if is_ok { Ok(()) } else { Err("down") }));
}

/// Returns the times of all runs in ascending order.
fn times<T>(run: impl Fn() -> T) -> Vec<Duration> {
    black_box(run());
    let mut times: Vec<_> = (0..SCRAPES)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort();
    times
}

fn calls_meanwhile(service: &CircuitBreaker, metrics: &prometheus_client::registry::Registry) {
    service.reset();
    println!("calls without scrapes:   {}", latencies(service));
    let stops = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stops.load(Relaxed) {
                let _ = black_box(Format::Text.encode(metrics));
            }
        });
        println!("calls during scrapes:    {}", latencies(service));
        stops.store(true, Relaxed);
    });
}

/// Returns the median and the 99th percentile of calls that succeed, as text.
fn latencies(service: &CircuitBreaker) -> String {
    let mut times: Vec<_> = (0..CALLS)
        .map(|_| {
            let start = Instant::now();
            call_once(service, true);
            start.elapsed()
        })
        .collect();
    times.sort();
    format!("median {:?}, p99 {:?}", times[CALLS / 2], times[CALLS / 100 * 99])
}
