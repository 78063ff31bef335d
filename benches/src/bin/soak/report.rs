//! Output of the soak while it runs and at its end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, Metrics};

use crate::memory;

const EVERY: Duration = Duration::from_secs(5);

/// Checks the breakers while they are called.
pub(crate) struct Progress {
    calls: u64,
    start: Instant,
}

impl Progress {
    pub(crate) fn new(calls: u64) -> Self {
        Self { calls, start: Instant::now() }
    }

    /// Checks until `done` has reached all calls. Returns the errors: counters that went back, or sums that don't add
    /// up.
    pub(crate) fn watch(&self, done: &AtomicU64, breakers: &[CircuitBreaker]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut last: Vec<Metrics> = breakers.iter().map(CircuitBreaker::metrics).collect();
        let mut printed = Instant::now();
        loop {
            thread::sleep(Duration::from_millis(20));
            for (breaker, last) in breakers.iter().zip(&mut last) {
                let now = breaker.metrics();
                wrong.extend(impossible(last, &now));
                *last = now;
            }
            let done = done.load(Ordering::Relaxed);
            if done >= self.calls || printed.elapsed() >= EVERY {
                printed = Instant::now();
                self.print(done);
            }
            if done >= self.calls {
                // One line of each kind is enough: a broken counter is reported by each check.
                wrong.truncate(10);
                return wrong;
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "for a person to look at")]
    fn print(&self, done: u64) {
        let seconds = self.start.elapsed().as_secs_f64();
        let (share, rate) = (done as f64 / self.calls as f64, done as f64 / seconds / 1e6);
        let (live, resident) = (memory::live(), memory::resident());
        println!(
            "  {seconds:4.0} s  {:5.1} %  {rate:5.1} million calls a second  {live} bytes live, {resident} KiB resident",
            share * 100.0
        );
    }
}

fn impossible(last: &Metrics, now: &Metrics) -> Vec<String> {
    let counters = |of: &Metrics| {
        [
            ("requests", of.requests),
            ("successes", of.successes),
            ("failures", of.failures),
            ("ignored", of.ignored),
            ("abandoned", of.abandoned),
            ("rejections", of.rejections),
            ("late", of.late),
            ("transitions", of.transitions.total()),
        ]
    };
    let service = now.service;
    let mut wrong: Vec<String> = counters(last)
        .into_iter()
        .zip(counters(now))
        .filter(|((_, before), (_, after))| before > after)
        .map(|((name, before), (_, after))| format!("`{service}`: {name} went back from {before} to {after}"))
        .collect();
    let parts = now.successes + now.failures + now.ignored + now.abandoned + now.rejections + now.in_flight;
    if parts != now.requests {
        wrong.push(format!("`{service}`: requests are {}, their parts {parts}", now.requests));
    }
    wrong
}

/// Prints both counts of each row (the threads' and the breaker's). Returns the rows that differ.
pub(crate) fn compare(breaker: &CircuitBreaker, rows: &[(&'static str, u64, u64)]) -> Vec<String> {
    let service = breaker.service();
    println!("\n  {service:<26} {:>14} {:>14}", "threads", "breaker");
    let mut differences = Vec::new();
    for (name, threads, says) in rows {
        let is_equal = threads == says;
        println!("    {name:<24} {threads:>14} {says:>14}  {}", if is_equal { "=" } else { "DIFFERENT" });
        if !is_equal {
            differences.push(format!("`{service}`: {name}: the threads counted {threads}, the breaker says {says}"));
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use breaker_core::Config;

    use super::*;

    #[test]
    fn a_row_that_differs_is_named_with_both_figures() {
        let breaker = CircuitBreaker::new("soak", Config::default());
        assert!(compare(&breaker, &[("requests", 7, 7)]).is_empty());
        let differences = compare(&breaker, &[("requests", 7, 7), ("failures", 2, 3)]);
        assert_eq!(differences, ["`soak`: failures: the threads counted 2, the breaker says 3"]);
    }

    #[test]
    fn counters_that_go_back_are_seen() {
        let breaker = CircuitBreaker::new("soak", Config::default());
        let before = breaker.metrics();
        let _ = breaker.call(|| Ok::<_, ()>(()));
        assert!(impossible(&before, &breaker.metrics()).is_empty());
        let wrong = impossible(&breaker.metrics(), &before);
        assert_eq!(wrong[0], "`soak`: requests went back from 1 to 0");
    }
}
