//! The paths that are counted, each set up as its name says.

use std::cell::RefCell;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config, ConfigBuilder, Mode, State, circuit_breaker};

use crate::rounds::{long_work, long_work_failing, rounds, work, work_failing};

/// One way through the breaker.
pub(crate) struct Path {
    pub(crate) name: &'static str,
    /// In a round.
    pub(crate) calls: u64,
    pub(crate) reads_clock: bool,
    /// Sets it up and runs rounds of so many calls.
    pub(crate) run: fn(u64),
}

const fn untimed(name: &'static str, run: fn(u64)) -> Path {
    Path { name, calls: 1_000, reads_clock: false, run }
}

/// Fewer calls, because each of them takes its time.
const fn timed(name: &'static str, run: fn(u64)) -> Path {
    Path { name, calls: 200, reads_clock: true, run }
}

pub(crate) const ALL: &[Path] = &[
    untimed("bare", |calls| {
        rounds(calls, |n| {
            let _ = black_box(work(n));
        });
    }),
    untimed("closed", |calls| calling(calls, &threshold(), work)),
    untimed("closed-streak", |calls| calling(calls, &streak(), work)),
    untimed("closed-last-100", |calls| calling(calls, &last_100().response_times(false), work)),
    untimed("closed-last-100-tenth-fails", |calls| calling(calls, &last_100().response_times(false), work_failing)),
    timed("closed-timed", |calls| calling(calls, &rate(), long_work)),
    timed("closed-timed-tenth-fails", |calls| calling(calls, &rate(), long_work_failing)),
    timed("closed-timed-last-100", |calls| calling(calls, &last_100(), long_work)),
    Path { reads_clock: true, ..untimed("refused-open", refused_open) },
    untimed("refused-forced-open", refused_forced),
    untimed("async", |calls| calling_async(calls, &threshold(), work)),
    untimed("async-request-timeout", |calls| {
        calling_async(calls, &threshold().request_timeout(Duration::from_secs(30)), work);
    }),
    timed("async-timed", |calls| calling_async(calls, &rate(), long_work)),
    untimed("attribute-bare-twin", |calls| {
        rounds(calls, |n| {
            let _ = black_box(at_once(bare_twin(n)));
        });
    }),
    untimed("attribute", |calls| {
        rounds(calls, |n| {
            let _ = black_box(at_once(annotated(n)));
        });
    }),
    Path { calls: 200, reads_clock: true, ..untimed("probe-cycle", probe_cycle) },
    Path { calls: 20, ..timed("metrics", metrics) },
];

fn breaker(config: &ConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("counts", config.build().expect("each path's configuration is in range"))
}

fn threshold() -> ConfigBuilder {
    Config::builder().failure_threshold(1_000_000).response_times(false)
}

fn streak() -> ConfigBuilder {
    Config::builder().consecutive_failures(1_000_000).response_times(false)
}

/// Everything recorded.
fn rate() -> ConfigBuilder {
    Config::builder().failure_rate(0.9).window(Duration::from_secs(60))
}

fn last_100() -> ConfigBuilder {
    Config::builder().failure_rate(0.9).window(100)
}

fn calling(calls: u64, config: &ConfigBuilder, work: impl Fn(u64) -> Result<u64, u64>) {
    let breaker = breaker(config);
    rounds(calls, |n| {
        let _ = black_box(breaker.call(|| work(n)));
    });
    assert_eq!(breaker.metrics().transitions.total(), 0, "it was to stay closed");
}

fn calling_async(calls: u64, config: &ConfigBuilder, work: impl Fn(u64) -> Result<u64, u64>) {
    let breaker = breaker(config);
    rounds(calls, |n| {
        let _ = black_box(at_once(breaker.call_async(async { work(n) })));
    });
    assert_eq!(breaker.metrics().transitions.total(), 0, "it was to stay closed");
}

/// What a future gives that is ready when first polled.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the work waits for nothing"),
    }
}

#[circuit_breaker(
    service = "counts-attribute",
    failure_threshold = 1_000_000,
    response_times = false,
    map_error = |_| u64::MAX,
)]
async fn annotated(n: u64) -> Result<u64, u64> {
    work(n)
}

#[expect(clippy::unused_async, reason = "what the attribute is compared with")]
async fn bare_twin(n: u64) -> Result<u64, u64> {
    work(n)
}

fn refused_open(calls: u64) {
    let breaker = breaker(&Config::builder().consecutive_failures(1).open_timeout(Duration::from_secs(3_600)));
    let _ = breaker.call(|| Err::<u64, _>(0_u64));
    assert_eq!(breaker.state(), State::Open);
    rounds(calls, |n| {
        let _ = black_box(breaker.call(|| work(n)));
    });
    assert_eq!(breaker.state(), State::Open);
}

fn refused_forced(calls: u64) {
    let breaker = breaker(&rate());
    breaker.set_mode(Mode::ForcedOpen);
    rounds(calls, |n| {
        let _ = black_box(breaker.call(|| work(n)));
    });
}

/// closed → open → half-open → closed: one call that fails, and a probe that succeeds because the open time is over.
fn probe_cycle(calls: u64) {
    let at_once = Duration::from_nanos(1);
    let config = streak().consecutive_failures(1).success_threshold(1).open_timeout(at_once);
    let breaker = breaker(&config.half_open_timeout(Duration::from_secs(60)));
    rounds(calls, |n| {
        let _ = black_box(breaker.call(|| Err::<u64, _>(black_box(n))));
        let _ = black_box(breaker.call(|| work(n)));
    });
    let (metrics, transitions) = (breaker.metrics(), breaker.metrics().transitions);
    assert_eq!(transitions.closed_to_open, metrics.failures, "each failure opens it");
    assert_eq!(transitions.half_open_to_closed, metrics.successes, "each probe closes it");
}

/// How far is read until a percentile is found depends on how long the calls took: each round has others.
fn metrics(calls: u64) {
    let breaker = RefCell::new(breaker(&rate()));
    rounds(calls, |n| {
        if n == 1 {
            uncounted_renewal(&breaker);
        }
        black_box(breaker.borrow().metrics());
    });
}

#[inline(never)]
fn uncounted_renewal(used: &RefCell<CircuitBreaker>) {
    let fresh = breaker(&rate());
    for n in 0..1_000 {
        let _ = fresh.call(|| work_failing(n));
    }
    used.replace(fresh);
}
