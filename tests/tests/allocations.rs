//! No call allocates: closed, rejected or half-open, plain or async, by hand or with the attribute. In a binary of its
//! own, because of its allocator, which counts for each thread separately.

use std::time::Duration;

use breaker_core::{
    CircuitBreaker, CircuitBreakerError, Clock, Config, Mode, Outcome, Permit, Registry, State, circuit_breaker,
};
use breaker_tests::block_on;
use breaker_tower::CircuitBreakerLayer;
use tower::{Layer, Service, ServiceExt, service_fn};

mod counting;

/// Returns the allocations of 100 runs, after five runs to warm up.
fn allocations(mut run: impl FnMut()) -> u64 {
    (0..5).for_each(|_| run());
    let before = counting::made();
    (0..100).for_each(|_| run());
    counting::made() - before
}

/// Returns a breaker and its clock.
fn breaker(config: &breaker_core::ConfigBuilder) -> (CircuitBreaker, breaker_core::ManualClock) {
    let (clock, time) = Clock::manual();
    (CircuitBreaker::with_clock("allocations", config.build().expect("valid"), clock), time)
}

/// Makes calls of each kind by hand, with each kind of end.
fn all_calls(breaker: &CircuitBreaker) {
    for ok in [true, false] {
        let result = || if ok { Ok(()) } else { Err(()) };
        let _ = breaker.call(result);
        let _ = breaker.call_classified(result, |_| Outcome::Ignore);
        let _ = block_on(breaker.call_async(async { result() }));
        let _ = block_on(breaker.call_async(async {
            yield_once().await;
            result()
        }));
        let _ = block_on(breaker.call_async_classified(async { result() }, |_| Outcome::Ignore));
    }
    for ok in [true, false] {
        let result = || if ok { Ok(()) } else { Err(()) };
        let _ = breaker.try_acquire().map(|permit| block_on(permit.run(async { result() })));
        let _ = breaker.try_acquire().map(|permit| {
            block_on(permit.run(async {
                yield_once().await;
                result()
            }))
        });
    }
    for end in [Permit::success, Permit::failure, Permit::ignore, drop] {
        let _ = breaker.try_acquire().map(end);
    }
    drop(breaker.call_async(std::future::pending::<Result<(), ()>>()));
}

/// Pending at the first poll, ready at the second.
async fn yield_once() {
    let mut first = true;
    std::future::poll_fn(|_| {
        if std::mem::take(&mut first) { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
}

#[test]
fn the_counter_counts() {
    let before = counting::live();
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1_u64)))), 100);
    assert_eq!(counting::live(), before, "freed memory is not counted");
}

#[test]
fn a_call_while_closed_allocates_nothing() {
    let never = || Config::builder().failure_threshold(1_000_000);
    for config in [
        never(),
        never().response_times(false),
        never().slow_call_duration(Duration::from_secs(1)),
        never().consecutive_failures(1_000_000),
        Config::builder().failure_rate(1.0).slow_call_duration(Duration::from_secs(1)).slow_call_rate(1.0),
        Config::builder().failure_rate(1.0).window(100),
        never().request_timeout(Duration::from_secs(1)).window(Duration::from_millis(500)),
    ] {
        let text = format!("{config:?}");
        let timeout = config.clone().build().expect("valid").request_timeout();
        let (breaker, time) = breaker(&config);
        let calls = || {
            time.advance(Duration::from_millis(10));
            if timeout.is_some() {
                // Only a call that waits gets a deadline; these calls don't wait.
                let _ = breaker.call(|| Ok::<_, ()>(()));
                let _ = block_on(breaker.call_async(async { Err::<(), _>(()) }));
            } else {
                all_calls(&breaker);
            }
        };
        assert_eq!(allocations(calls), 0, "{text}");
        assert_eq!(breaker.state(), State::Closed);
        assert!(breaker.metrics().failures >= 100);
    }
}

#[test]
fn a_rejected_call_allocates_nothing() {
    let (breaker, _time) = breaker(&Config::builder().consecutive_failures(1));
    let _ = breaker.call(|| Err::<(), _>(()));
    for mode in [Mode::Automatic, Mode::ForcedOpen] {
        breaker.set_mode(mode);
        let before = breaker.metrics();
        assert_eq!(allocations(|| all_calls(&breaker)), 0, "{mode}");
        let after = breaker.metrics();
        assert_eq!((after.rejections - before.rejections, after.in_flight), (18 * 105, 0));
    }
}

#[test]
fn a_call_in_shadow_mode_allocates_nothing() {
    let (breaker, _time) = breaker(&Config::builder().consecutive_failures(1));
    breaker.set_mode(Mode::Shadow);
    let _ = breaker.call(|| Err::<(), _>(()));
    assert_eq!(allocations(|| all_calls(&breaker)), 0);
    assert!(breaker.metrics().would_reject >= 14 * 100);
}

#[test]
fn a_probe_and_a_call_rejected_beside_it_allocate_nothing() {
    let (breaker, time) =
        breaker(&Config::builder().consecutive_failures(1).success_threshold(10_000).half_open_max_calls(4));
    let _ = breaker.call(|| Err::<(), _>(()));
    time.advance(Duration::from_secs(30));
    let probes = || {
        // Calls within a probe are part of it.
        let _ = breaker.call(|| breaker.call(|| Ok::<_, ()>(())));
        let _ = block_on(breaker.call_async(async {
            yield_once().await;
            let nested = async {
                yield_once().await;
                Ok::<_, ()>(())
            };
            breaker.call_async(nested).await
        }));
        let all = [(); 4].map(|()| breaker.try_acquire().expect("four probes"));
        assert!(breaker.try_acquire().is_err());
        assert!(breaker.call(|| Ok::<_, ()>(())).is_err());
        assert!(block_on(breaker.call_async(async { Ok::<_, ()>(()) })).is_err());
        let [one, two, three, four] = all;
        one.success();
        two.ignore();
        drop(three);
        four.success();
    };
    assert_eq!(allocations(probes), 0);
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[test]
fn a_pending_call_with_a_request_timeout_allocates_once_at_its_first_pending_poll() {
    let config = Config::builder().request_timeout(Duration::from_secs(3_600)).build().expect("valid");
    let (clock, _time) = Clock::manual();
    let breakers =
        [CircuitBreaker::new("pending", config.clone()), CircuitBreaker::with_clock("pending", config, clock)];
    let timers = |paused| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(paused).build().expect("a runtime")
    };
    let all = |inside: &str| {
        for breaker in &breakers {
            // The first call of a thread allocates its counters.
            let _ = breaker.call(|| Ok::<_, ()>(()));
            for polls in 1..4_usize {
                let call = || {
                    let mut call = std::pin::pin!(breaker.call_async(std::future::pending::<Result<(), ()>>()));
                    let mut polled = [0; 3];
                    for count in &mut polled[..polls] {
                        let before = counting::made();
                        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                        assert!(call.as_mut().poll(&mut cx).is_pending());
                        *count = counting::made() - before;
                    }
                    assert_eq!(polled, [1, 0, 0], "{inside}");
                };
                assert_eq!(allocations(call), 100, "{inside}, {polls} polls");
            }
        }
    };
    all("no runtime");
    timers(false).block_on(async { all("a runtime") });
    timers(true).block_on(async { all("a runtime whose time is paused") });
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Rejected;

impl From<CircuitBreakerError> for Rejected {
    fn from(_: CircuitBreakerError) -> Self {
        Self
    }
}

#[circuit_breaker(service = "allocations-plain", failure_threshold = 1_000_000)]
fn plain(result: Result<u8, Rejected>) -> Result<u8, Rejected> {
    result
}

#[circuit_breaker(service = "allocations-async", failure_threshold = 1_000_000, request_timeout = "5s")]
async fn later(result: Result<u8, Rejected>) -> Result<u8, Rejected> {
    result
}

#[circuit_breaker(
    service = "allocations-fallback",
    failure_threshold = 1_000_000,
    ignore_if = |_: &Rejected| false,
    fallback = |_| Ok(number)
)]
async fn with_fallback(number: u8, result: Result<u8, Rejected>) -> Result<u8, Rejected> {
    yield_once().await;
    result
}

#[test]
fn an_annotated_call_allocates_nothing() {
    let calls = || {
        for result in [Ok(1), Err(Rejected)] {
            let _ = plain(result);
            let _ = block_on(later(result));
            let _ = block_on(with_fallback(7, result));
        }
    };
    calls();
    let breakers = ["allocations-plain", "allocations-async", "allocations-fallback"]
        .map(|service| Registry::global().get(service).expect("annotated"));
    assert_eq!(allocations(calls), 0, "closed");
    for breaker in breakers {
        assert!(breaker.metrics().successes >= 100);
        breaker.set_mode(Mode::ForcedOpen);
    }
    assert_eq!(allocations(calls), 0, "rejected");
    assert_eq!(plain(Ok(1)), Err(Rejected));
    assert_eq!(block_on(later(Ok(1))), Err(Rejected));
    assert_eq!(block_on(with_fallback(7, Ok(1))), Ok(7));
}

/// The layer of breaker-tower adds no box: not for a success, nor a rejection, nor an error that is boxed already.
#[test]
fn the_tower_layer() {
    type Boxed = Box<dyn std::error::Error + Send + Sync>;

    /// Boxing it allocates nothing, because it has no size.
    #[derive(Debug)]
    struct Nothing;

    impl std::fmt::Display for Nothing {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Ok(())
        }
    }

    impl std::error::Error for Nothing {}

    let (breaker, _time) = breaker(&Config::builder().failure_threshold(1_000_000));
    let inner = service_fn(|ok: bool| async move {
        yield_once().await;
        if ok { Ok(()) } else { Err(Boxed::from(Nothing)) }
    });
    let mut service = CircuitBreakerLayer::with(breaker.clone()).layer(inner);
    let mut call = |ok: bool| block_on(async { service.ready().await?.call(ok).await }).is_ok();
    assert_eq!(allocations(|| assert!(call(true))), 0);
    assert_eq!(allocations(|| assert!(!call(false))), 0);
    breaker.set_mode(Mode::ForcedOpen);
    assert_eq!(allocations(|| assert!(!call(true))), 0);
}
