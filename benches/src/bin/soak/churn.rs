//! Circuits that constantly open, probe and close, while threads collide on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config, ConfigBuilder, EventKind};

use crate::calls::{Plan, make};
use crate::report::{Progress, compare};
use crate::tally::Tally;
use crate::{THREADS, memory};

const CHUNK: u64 = 1 << 10;
/// The most memory kept: three breakers with 8 stripes of 2 KiB, and as much again for events.
const KEPT_AT_MOST: usize = 96 * 1024;

fn breakers() -> [CircuitBreaker; 3] {
    let breaker = |name: &str, config: ConfigBuilder| {
        let config = config.half_open_timeout(Duration::from_millis(1)).build();
        CircuitBreaker::new(name, config.expect("the soak's configuration is in range"))
    };
    let open = Duration::from_micros;
    [
        breaker(
            "100 failures in 1 s",
            Config::builder().failure_threshold(100).window(Duration::from_secs(1)).open_timeout(open(20)),
        ),
        breaker(
            "half of 50 failed",
            Config::builder().failure_rate(0.5).window(50).open_timeout(open(5)).half_open_max_calls(3),
        ),
        breaker(
            "3 in a row, not timed",
            Config::builder().consecutive_failures(3).response_times(false).open_timeout(open(1)),
        ),
    ]
}

/// Phases of 64 calls that fail, with the usual mix between them.
fn plan(n: u64) -> Plan {
    if n / 64 % 4 == 1 { Plan::Fail } else { Plan::of(n) }
}

/// Returns the differences from the expected counts.
pub(crate) fn run(each: u64) -> Vec<String> {
    let breakers = breakers();
    let events: Vec<Arc<AtomicU64>> = breakers.iter().map(count_transitions).collect();
    let done = AtomicU64::new(0);
    let before = memory::live();
    let (totals, mut differences) = thread::scope(|scope| {
        let work = |thread| {
            let (breakers, done) = (&breakers, &done);
            scope.spawn(move || work(breakers, thread, each, done))
        };
        let workers: Vec<_> = (0..THREADS).map(work).collect();
        let wrong = Progress::new(each * THREADS).watch(&done, &breakers);
        let mut totals = [Tally::default(); 3];
        for worker in workers {
            let tallies = worker.join().expect("a worker catches its panics");
            totals.iter_mut().zip(tallies).for_each(|(total, tally)| *total += tally);
        }
        (totals, wrong)
    });
    let kept = memory::live().saturating_sub(before);
    println!("  {kept} bytes are kept: 8 stripes and 32 events a breaker");
    if kept > KEPT_AT_MOST {
        differences.push(format!("memory is not flat: {kept} bytes are kept, it should be {KEPT_AT_MOST} at most"));
    }
    for ((breaker, total), events) in breakers.iter().zip(&totals).zip(&events) {
        let metrics = breaker.metrics();
        let mut rows = total.beside(&metrics);
        let transitions = metrics.transitions.total();
        // Events that came while the listener was busy are delivered on another thread a moment later.
        (0..1_000_000).take_while(|_| events.load(Ordering::Relaxed) < transitions).for_each(|_| thread::yield_now());
        rows.push(("events of a transition", events.load(Ordering::Relaxed), transitions));
        differences.extend(compare(breaker, &rows));
        println!("    late: {}, {:?}", metrics.late, metrics.transitions);
        if metrics.transitions.half_open_to_closed == 0 {
            differences.push(format!("`{}` has never closed again: too few calls?", breaker.service()));
        }
    }
    differences
}

fn work(breakers: &[CircuitBreaker; 3], thread: u64, each: u64, done: &AtomicU64) -> [Tally; 3] {
    let mut tallies = [Tally::default(); 3];
    let mut n = thread * 1_000_003;
    let end = n + each;
    while n < end {
        let chunk = CHUNK.min(end - n);
        for n in n..n + chunk {
            let which = (n % 3) as usize;
            make(&breakers[which], n, plan(n), &mut tallies[which]);
        }
        n += chunk;
        done.fetch_add(chunk, Ordering::Relaxed);
    }
    tallies
}

/// Counts the transition events. Each transition must cause exactly one.
fn count_transitions(breaker: &CircuitBreaker) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&count);
    breaker.on_event(move |event| {
        if matches!(event.kind, EventKind::Transition { .. }) {
            told.fetch_add(1, Ordering::Relaxed);
        }
    });
    count
}
