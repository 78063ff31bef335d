//! The counted paths, each set up as its name says.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config, ConfigBuilder, Mode, State, circuit_breaker};
use breaker_tower::CircuitBreakerLayer;
use tower::{Layer, Service, service_fn};

use crate::rounds::{long_work, long_work_failing, rounds, uncounted_pause, work, work_failing};

/// One way through the breaker.
pub(crate) struct Path {
    pub(crate) name: &'static str,
    /// Calls per round.
    pub(crate) calls: u64,
    /// Sets the path up and runs rounds of this many calls.
    pub(crate) run: fn(u64),
}

const fn path(name: &'static str, run: fn(u64)) -> Path {
    Path { name, calls: 1_000, run }
}

pub(crate) const ALL: &[Path] = &[
    path("bare", |calls| {
        rounds(calls, |n| {
            let _ = black_box(work(n));
        });
    }),
    path("closed", |calls| calling(calls, &threshold(), work)),
    path("closed-streak", |calls| calling(calls, &streak(), work)),
    path("closed-last-100", |calls| calling(calls, &last_100().response_times(false), work)),
    path("closed-last-100-tenth-fails", |calls| calling(calls, &last_100().response_times(false), work_failing)),
    path("closed-timed", |calls| calling(calls, &rate(), long_work)),
    path("closed-timed-tenth-fails", |calls| calling(calls, &rate(), long_work_failing)),
    path("closed-timed-last-100", |calls| calling(calls, &last_100(), long_work)),
    path("closed-default", |calls| calling(calls, &Config::builder(), long_work)),
    path("closed-default-tenth-fails", |calls| calling(calls, &Config::builder(), long_work_failing)),
    path("closed-default-untimed", |calls| calling(calls, &Config::builder().response_times(false), work)),
    path("closed-default-untimed-tenth-fails", |calls| {
        calling(calls, &Config::builder().response_times(false), work_failing);
    }),
    path("closed-rate-untimed-tenth-fails", |calls| {
        calling(calls, &rate().response_times(false), work_failing);
    }),
    path("rejected-open", rejected_open),
    path("rejected-forced-open", rejected_forced),
    path("async", |calls| calling_async(calls, &threshold(), work)),
    path("async-request-timeout", |calls| {
        calling_async(calls, &threshold().request_timeout(Duration::from_secs(30)), work);
    }),
    path("async-timed", |calls| calling_async(calls, &rate(), long_work)),
    path("attribute-bare-twin", |calls| {
        rounds(calls, |n| {
            let _ = black_box(at_once(bare_twin(n)));
        });
    }),
    path("attribute", |calls| {
        rounds(calls, |n| {
            let _ = black_box(at_once(annotated(n)));
        });
    }),
    path("attribute-own-breaker", |calls| {
        let breaker = breaker(&threshold());
        rounds(calls, |n| {
            let _ = black_box(at_once(annotated_own(&breaker, n)));
        });
        assert_eq!(breaker.metrics().transitions.total(), 0, "it was to stay closed");
    }),
    path("tower-layer", tower_layer),
    Path { calls: 200, ..path("probe-cycle", probe_cycle) },
    Path { calls: 20, ..path("metrics", metrics) },
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

/// A configuration that records everything.
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

/// Returns the output of a future that is ready at its first poll.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the work is ready at once"),
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

#[circuit_breaker(breaker = breaker, map_error = |_| u64::MAX)]
async fn annotated_own(breaker: &CircuitBreaker, n: u64) -> Result<u64, u64> {
    work(n)
}

#[expect(clippy::unused_async, reason = "what the attribute is compared with")]
async fn bare_twin(n: u64) -> Result<u64, u64> {
    work(n)
}

/// A service that is ready, and whose call is ready at its first poll: it is asked, called and polled through the layer.
fn tower_layer(calls: u64) {
    // Like the breakers of the global registry, which `CircuitBreakerLayer::new` uses.
    let breaker = breaker(&threshold()).leak();
    let inner = service_fn(async |n| work(n).map_err(|_| std::fmt::Error));
    let mut service = CircuitBreakerLayer::with(breaker.clone()).layer(inner);
    let mut cx = Context::from_waker(Waker::noop());
    rounds(calls, |n| {
        assert!(service.poll_ready(&mut cx).is_ready(), "it is always ready");
        let _ = black_box(at_once(service.call(n)));
    });
    assert_eq!(breaker.metrics().transitions.total(), 0, "it was to stay closed");
}

fn rejected_open(calls: u64) {
    let breaker = breaker(&Config::builder().consecutive_failures(1).open_timeout(Duration::from_secs(3_600)));
    let _ = breaker.call(|| Err::<u64, _>(0_u64));
    assert_eq!(breaker.state(), State::Open);
    rounds(calls, |n| {
        let _ = black_box(breaker.call(|| work(n)));
    });
    assert_eq!(breaker.state(), State::Open);
}

fn rejected_forced(calls: u64) {
    let breaker = breaker(&rate());
    breaker.set_mode(Mode::ForcedOpen);
    rounds(calls, |n| {
        let _ = black_box(breaker.call(|| work(n)));
    });
}

/// closed → open → half-open → closed: one call that fails, and a probe that succeeds after the open timeout.
fn probe_cycle(calls: u64) {
    let config = streak().consecutive_failures(1).success_threshold(1).open_timeout(Duration::from_nanos(1));
    let breaker = breaker(&config.half_open_timeout(Duration::from_secs(60)));
    rounds(calls, |n| {
        let _ = black_box(breaker.call(|| Err::<u64, _>(black_box(n))));
        uncounted_pause();
        let _ = black_box(breaker.call(|| work(n)));
    });
    let (metrics, transitions) = (breaker.metrics(), breaker.metrics().transitions);
    assert_eq!(transitions.closed_to_open, metrics.failures, "each failure opens it");
    assert_eq!(transitions.half_open_to_closed, metrics.successes, "each probe closes it");
}

fn metrics(calls: u64) {
    let breaker = breaker(&rate());
    for n in 0..1_000 {
        let _ = breaker.call(|| long_work_failing(n));
    }
    rounds(calls, |_| {
        black_box(breaker.metrics());
    });
}
