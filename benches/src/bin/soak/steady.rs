//! Circuits that stay closed: one that records everything over a time window, one over the last 100 calls, and one
//! without response times.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config, ConfigBuilder};

use crate::calls::{Plan, make};
use crate::report::{Progress, compare};
use crate::tally::Tally;
use crate::{THREADS, memory};

/// Calls that a thread makes between two reports of its progress.
const CHUNK: u64 = 1 << 16;
/// Warm-up calls: each kind of call on each breaker, so that all stripes and all one-time allocations are made.
const WARM_UP: u64 = 4_000;

type Tallies = [Tally; 3];

fn breakers() -> [CircuitBreaker; 3] {
    let breaker = |name: &str, config: &ConfigBuilder| {
        CircuitBreaker::new(name, config.build().expect("the soak's configuration is in range"))
    };
    [
        breaker("over 10 s", &Config::builder().failure_rate(0.9).window(Duration::from_secs(10))),
        breaker("last 100 calls", &Config::builder().failure_rate(0.9).window(100).response_times(false)),
        // The window is longer than the soak, so it holds each failure.
        breaker(
            "not timed",
            &Config::builder()
                .failure_threshold(u32::MAX)
                .window(Duration::from_secs(30 * 86_400))
                .response_times(false),
        ),
    ]
}

/// Six of eight calls go to the breaker that records most.
#[inline]
fn one_of(n: u64) -> usize {
    match n % 8 {
        6 => 1,
        7 => 2,
        _ => 0,
    }
}

/// Returns the differences from the expected counts.
pub(crate) fn run(each: u64) -> Vec<String> {
    let breakers = breakers();
    // Wait for the thread that calibrates the clock, whose memory must not be counted.
    thread::sleep(Duration::from_secs(1));
    let (ready, done) = (AtomicU64::new(0), Barrier::new(usize::try_from(THREADS).expect("few threads") + 1));
    let mut differences = Vec::new();
    let totals = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn({
                    let (breakers, ready, done) = (&breakers, &ready, &done);
                    move || work(breakers, thread, each, ready, done)
                })
            })
            .collect();
        done.wait();
        let before = memory::live();
        println!("  warmed up: {before} bytes live, {} KiB resident", memory::resident());
        done.wait();
        differences.extend(Progress::new(each * THREADS).watch(&ready, &breakers));
        done.wait();
        let after = memory::live();
        println!("  at the end: {after} bytes live, {} KiB resident", memory::resident());
        done.wait();
        if before != after {
            differences.push(format!("memory is not flat: {before} bytes after the warm-up, {after} at the end"));
        }
        let mut totals = Tallies::default();
        for worker in workers {
            let tallies = worker.join().expect("a worker catches its panics");
            totals.iter_mut().zip(tallies).for_each(|(total, tally)| *total += tally);
        }
        totals
    });
    for (breaker, total) in breakers.iter().zip(&totals) {
        differences.extend(compare(breaker, &rows(breaker, total)));
    }
    differences
}

fn work(breakers: &[CircuitBreaker; 3], thread: u64, each: u64, ready: &AtomicU64, done: &Barrier) -> Tallies {
    let mut tallies = Tallies::default();
    for (breaker, tally) in breakers.iter().zip(&mut tallies) {
        (0..WARM_UP).for_each(|n| make(breaker, n, Plan::of(n), tally));
        make(breaker, 0, Plan::Panic, tally);
    }
    done.wait();
    done.wait();
    // Each thread starts at another position of the same mix. In steps of eight, so that each breaker gets the whole
    // mix.
    let mut n = thread * 1_000_003;
    let end = n + each;
    while n < end {
        let chunk = CHUNK.min(end - n);
        for n in n..n + chunk {
            let which = one_of(n);
            make(&breakers[which], n, Plan::of(n / 8), &mut tallies[which]);
        }
        n += chunk;
        ready.fetch_add(chunk, Ordering::Relaxed);
    }
    done.wait();
    done.wait();
    tallies
}

fn rows(breaker: &CircuitBreaker, total: &Tally) -> Vec<(&'static str, u64, u64)> {
    let metrics = breaker.metrics();
    let mut rows = total.beside(&metrics);
    rows.extend([("late", 0, metrics.late), ("transitions", 0, metrics.transitions.total())]);
    match breaker.service() {
        "over 10 s" => rows.push(("measured", total.successes + total.failures, metrics.response_time.count)),
        "last 100 calls" => rows.push(("in the window", 100, metrics.window.requests)),
        _ => rows.push(("failures in the window", total.failures, metrics.window.failures)),
    }
    rows
}
