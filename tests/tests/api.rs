//! Public names, auto traits and sizes. They are pinned because users depend on them.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use breaker_core::{
    CallError, Cause, CircuitBreaker, CircuitBreakerError, Clock, Config, ConfigError, Conflict, Criticality, Event,
    EventKind, EventStream, HealthReport, ManualClock, Metrics, Mode, Outcome, Permit, Preset, Registry,
    RegistryMetrics, Rejection, RejectionReason, Settings, State, Window,
};
use breaker_tests::{block_on, poll_once, rig};
use static_assertions::{assert_impl_all, assert_not_impl_any};

assert_impl_all!(CircuitBreaker: Clone, std::fmt::Debug, Send, Sync, Unpin, std::panic::UnwindSafe);
assert_impl_all!(Permit: std::fmt::Debug, Send, Sync, Unpin);
assert_not_impl_any!(Permit: Clone, Copy);
assert_impl_all!(Event: Clone, std::fmt::Debug, std::fmt::Display, Send, Sync, Unpin);
assert_impl_all!(EventKind: Clone, std::fmt::Debug, Send, Sync, Unpin);
assert_impl_all!(Cause: Clone, std::fmt::Debug, std::fmt::Display, PartialEq, Send, Sync, Unpin);
assert_impl_all!(Metrics: Clone, std::fmt::Debug, PartialEq, Send, Sync, Unpin);
assert_impl_all!(Registry: Send, Sync, Unpin);
assert_impl_all!(Config: Clone, std::fmt::Debug, PartialEq, Send, Sync, Unpin);
assert_impl_all!(Settings: Clone, std::fmt::Debug, Send, Sync, Unpin);
assert_impl_all!(ConfigError: std::error::Error, Send, Sync, Unpin);
assert_impl_all!(Rejection: std::error::Error, Clone, PartialEq, Send, Sync, Unpin);
assert_impl_all!(CircuitBreakerError: std::error::Error, Clone, PartialEq, Send, Sync, Unpin);
assert_impl_all!(CallError<std::io::Error>: std::error::Error, Send, Sync, Unpin);
assert_impl_all!(Conflict: std::fmt::Display, Send, Sync, Unpin);
assert_impl_all!(Clock: Clone, std::fmt::Debug, Send, Sync, Unpin);
assert_impl_all!(ManualClock: Clone, std::fmt::Debug, Send, Sync, Unpin);
assert_impl_all!(State: Copy, Eq, std::hash::Hash, std::fmt::Display, Send, Sync);
assert_impl_all!(Mode: Copy, Eq, std::hash::Hash, std::fmt::Display, Default, Send, Sync);
assert_impl_all!(RejectionReason: Copy, Eq, Send, Sync);
assert_impl_all!(Outcome: Clone, PartialEq, std::fmt::Debug, Send, Sync);
assert_impl_all!(Window: Copy, From<Duration>, From<u32>, Send, Sync);
assert_impl_all!(Preset: Copy, Send, Sync);
assert_impl_all!(Criticality: Copy, Eq, std::hash::Hash, std::fmt::Display, std::str::FromStr, Send, Sync);

// A breaker may be used on both sides of `catch_unwind`: none of its locks stays poisoned.
assert_impl_all!(CircuitBreaker: std::panic::RefUnwindSafe);
assert_impl_all!(Config: std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(Metrics: std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(CircuitBreakerError: std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(RegistryMetrics: Clone, std::fmt::Debug, PartialEq, Send, Sync, Unpin);
assert_impl_all!(HealthReport: Clone, std::fmt::Debug, PartialEq, Send, Sync, Unpin);

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn every_public_name_of_the_breaker_is_there() {
    let breaker = CircuitBreaker::new(String::from("names"), Config::default());
    let _: &str = breaker.service();
    let _: State = breaker.state();
    let _: Mode = breaker.mode();
    let _: Arc<Config> = breaker.config();
    let _: Result<u8, CallError<()>> = breaker.call(|| Ok(1));
    let _: Result<u8, CallError<()>> = breaker.call_classified(|| Ok(1), |_: &Result<u8, ()>| Outcome::Success);
    let _: Result<u8, CallError<()>> = block_on(is_send(breaker.call_async(async { Ok(1) })));
    let classified = breaker.call_async_classified(async { Ok(1) }, |_: &Result<u8, ()>| Outcome::Ignore);
    let _: Result<u8, CallError<()>> = block_on(is_send(classified));
    let permit: Result<Permit, Rejection> = breaker.try_acquire();
    permit.expect("closed").success();
    breaker.try_acquire().expect("closed").failure();
    breaker.try_acquire().expect("closed").ignore();
    breaker.try_acquire().expect("closed").record(Outcome::Success);
    let _: Metrics = breaker.metrics();
    breaker.set_mode(Mode::Automatic);
    breaker.reset();
    breaker.reconfigure(Config::default());
    let _: EventStream = breaker.subscribe();
    breaker.on_event(|_: &Event| {});
    let _: Vec<Event> = breaker.history();
    assert_eq!(breaker.clone().metrics().requests, 8, "a clone is the same breaker");
}

#[test]
fn every_public_name_around_the_breaker_is_there() {
    let _ = [State::Closed, State::Open, State::HalfOpen];
    let _ = [Mode::Automatic, Mode::ForcedOpen, Mode::ForcedClosed, Mode::Shadow];
    let _ = [Outcome::Success, Outcome::Failure, Outcome::Ignore, Outcome::OpenFor(Duration::ZERO)];
    let _ = [Config::default(), Config::database(), Config::cache(), Config::s3()];
    let _ = [Preset::Database, Preset::Cache, Preset::S3];
    let _ = [Criticality::Critical, Criticality::Optional];
    let _ = [Window::Time(Duration::MAX), Window::Calls(1)];
    let (clock, crank) = Clock::manual();
    crank.advance(Duration::ZERO);
    let _ = CircuitBreaker::with_clock("names", Config::default(), clock);
    let _ = CircuitBreaker::with_clock("names", Config::default(), Clock::monotonic());
    let error: CircuitBreakerError = Rejection::new("names", RejectionReason::Open).into();
    assert_eq!(error.service(), "names");
    assert_eq!(CallError::Inner(7).into_inner(), Some(7));
    assert_eq!(CallError::<u8>::Breaker(error).into_inner(), None);
}

#[test]
fn every_public_name_of_the_registry_is_there() {
    let registry = Registry::new();
    assert!(std::ptr::eq(Registry::global(), Registry::global()));
    let _: CircuitBreaker = registry.get_or_create("names", Config::default());
    let _: Option<CircuitBreaker> = registry.get("names");
    let _: Vec<CircuitBreaker> = registry.breakers();
    let _: RegistryMetrics = registry.metrics();
    let _: HealthReport = registry.health();
    let _: EventStream = registry.subscribe();
    registry.on_event(|_: &Event| {});
    let _: Vec<Conflict> = registry.conflicts();
    let _: Result<(), ConfigError> = registry.apply("names", Settings::NONE);
}

#[test]
fn every_number_of_the_metrics_is_there_and_starts_at_nothing() {
    let rig = rig(Config::builder().build());
    let m: Metrics = rig.breaker.metrics();
    assert_eq!((m.service, m.state, m.mode), ("svc", State::Closed, Mode::Automatic));
    let counters = [m.requests, m.successes, m.failures, m.timeouts, m.rejections, m.ignored, m.abandoned, m.slow];
    assert_eq!(counters, [0; 8]);
    let others = [m.late, m.in_flight, m.fallback_successes, m.fallback_failures, m.would_reject];
    assert_eq!((others, m.consecutive_failures), ([0; 5], 0));
    let t = m.transitions;
    let transitions =
        [t.closed_to_open, t.open_to_half_open, t.half_open_to_closed, t.half_open_to_open, t.open_to_closed];
    assert_eq!((transitions, t.total()), ([0; 5], 0));
    let r = m.response_time;
    assert_eq!([r.average, r.min, r.max, r.p50, r.p90, r.p99], [None; 6]);
    let w = m.window;
    assert_eq!(([w.requests, w.failures, w.slow], [w.failure_rate, w.slow_rate]), ([0; 3], [None; 2]));
    assert_eq!(([m.success_rate, m.failure_rate], m.time_in_state, m.retry_after), ([None; 2], Duration::ZERO, None));
}

#[test]
fn the_spelling_of_states_modes_and_reasons_is_frozen() {
    assert_eq!(State::HalfOpen.to_string(), "half_open");
    assert_eq!([State::Closed, State::Open].map(breaker_core::State::as_str), ["closed", "open"]);
    let modes = [Mode::Automatic, Mode::ForcedOpen, Mode::ForcedClosed, Mode::Shadow];
    assert_eq!(modes.map(breaker_core::Mode::as_str), ["automatic", "forced_open", "forced_closed", "shadow"]);
    let reasons = [RejectionReason::Open, RejectionReason::HalfOpen, RejectionReason::ForcedOpen];
    assert_eq!(reasons.map(breaker_core::RejectionReason::as_str), ["open", "half_open", "forced_open"]);
}

#[test]
fn a_wrapped_future_is_at_most_64_bytes_larger() {
    fn grown<T, E, F: Future<Output = Result<T, E>>>(breaker: &CircuitBreaker, inner: F) -> usize {
        let before = size_of::<F>();
        let wrapped = breaker.call_async(inner);
        size_of_val(&wrapped) - before
    }
    let breaker = CircuitBreaker::new("sizes", Config::default());
    let small = grown(&breaker, async { Ok::<u8, ()>(1) });
    assert!(small <= 64, "{small} bytes");
    let large = grown(&breaker, async {
        let data = [1_u64; 128];
        std::future::ready(()).await;
        Ok::<_, String>(data.len())
    });
    assert!(large <= 64, "{large} bytes");
}

#[test]
fn a_large_future_is_held_once() {
    let breaker = CircuitBreaker::new("held-once", Config::default());
    let mut large = Box::pin(breaker.call_async(async {
        let data = std::hint::black_box([1_u8; 4096]);
        std::future::pending::<()>().await;
        Ok::<_, ()>(data)
    }));
    assert!(size_of_val(&*large) < 2 * 4096);
    assert_eq!(poll_once(&mut large), Poll::Pending);
}

#[test]
fn an_error_says_which_service_and_when_to_come_back() {
    let rig = rig(Config::builder().consecutive_failures(1).build());
    rig.calls("F");
    let error = rig.breaker.call(|| Ok::<(), std::io::Error>(())).expect_err("open");
    let text = error.to_string();
    assert!(text.contains("svc") && text.contains("30s"), "{text}");
}

/// The target need not be installed: the compiler knows its `cfg` values.
#[test]
fn a_target_without_a_clock_is_a_compile_error_in_a_sentence() {
    let asked = std::process::Command::new(option_env!("RUSTC").unwrap_or("rustc"))
        .args(["--print", "cfg", "--target", "wasm32-unknown-unknown"])
        .output()
        .expect("rustc runs");
    let cfg = String::from_utf8(asked.stdout).expect("text");
    for set in ["target_family=\"wasm\"", "target_os=\"unknown\""] {
        assert!(cfg.lines().any(|line| line == set), "{set} is not set:\n{cfg}");
    }
    let source = include_str!("../../breaker-core/src/lib.rs");
    let (_, guarded) = source
        .split_once("#[cfg(all(target_family = \"wasm\", target_os = \"unknown\"))]\ncompile_error!(")
        .expect("an error for this target");
    let (message, _) = guarded.split_once(");").expect("it ends");
    assert!(message.contains("needs a monotonic clock") && message.contains("build for a target"), "{message}");
}
