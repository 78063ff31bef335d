//! The attribute compared with `call_async` and `call`, and all of them with the function without a breaker.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use breaker_core::{CallError, CircuitBreaker, Config, Registry, circuit_breaker};

use super::{About, Family, Guarded, Subject, subject};
use crate::work::{AllSucceed, CallResult, Failed, Stream, poll};

/// The error of a rejection. None of these circuits rejects.
const REJECTED: Failed = Failed(u64::MAX);

#[expect(clippy::unused_async, reason = "it is what the annotated ones are compared with")]
async fn plain(n: u64) -> Result<u64, Failed> {
    AllSucceed::work(n)
}

#[circuit_breaker(
    service = "annotated",
    failure_threshold = 4_294_967_295,
    response_times = false,
    map_error = |_| REJECTED,
)]
async fn untimed(n: u64) -> Result<u64, Failed> {
    AllSucceed::work(n)
}

#[circuit_breaker(service = "annotated, timed", failure_rate = 0.9, window = "60s", map_error = |_| REJECTED)]
async fn timed(n: u64) -> Result<u64, Failed> {
    AllSucceed::work(n)
}

#[circuit_breaker(
    service = "annotated, plain",
    failure_threshold = 4_294_967_295,
    response_times = false,
    map_error = |_| REJECTED,
)]
fn untimed_plain(n: u64) -> Result<u64, Failed> {
    AllSucceed::work(n)
}

/// The same by hand, through the breaker of the annotated function, so that only the way to it differs. It is in a
/// static, because an annotated function also has a static.
macro_rules! by_hand {
    ($name:ident, $breaker:expr) => {
        async fn $name(n: u64) -> Result<u64, Failed> {
            static BREAKER: LazyLock<CircuitBreaker> = LazyLock::new(|| $breaker);
            BREAKER.call_async(async move { AllSucceed::work(n) }).await.map_err(error)
        }
    };
}

by_hand!(by_hand, named("annotated"));
by_hand!(by_hand_timed, named("annotated, timed"));
by_hand!(by_hand_timeout, with_timeout(false));
by_hand!(by_hand_timeout_timed, with_timeout(true));

fn by_hand_plain(n: u64) -> Result<u64, Failed> {
    static BREAKER: LazyLock<CircuitBreaker> = LazyLock::new(|| named("annotated, plain"));
    BREAKER.call(|| AllSucceed::work(n)).map_err(error)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` asks for")]
fn error(error: CallError<Failed>) -> Failed {
    match error {
        CallError::Inner(failed) => failed,
        CallError::Breaker(_) => REJECTED,
    }
}

/// Defines a function as a subject. It is a type, not a function pointer, so that the loop is compiled for it. Each
/// function is called without inlining, so that the compiler treats all alike, whatever else calls them.
macro_rules! function {
    ($name:ident, $n:ident => $call:expr) => {
        struct $name;

        impl $name {
            #[inline(never)]
            fn once($n: u64) -> Result<u64, Failed> {
                $call
            }
        }

        impl Guarded<AllSucceed> for $name {
            type Local<'a> = ();

            fn local(&self) {}

            // Part of the measured loop, and the same for all.
            #[inline(always)]
            fn call((): &mut (), n: u64) -> CallResult {
                Self::once(n).map_or(CallResult::Failed, CallResult::Done)
            }
        }
    };
}

function!(Bare, n => poll(plain(n)));
function!(BarePlain, n => AllSucceed::work(n));
function!(ByHand, n => poll(by_hand(n)));
function!(ByHandTimed, n => poll(by_hand_timed(n)));
function!(ByHandTimeout, n => poll(by_hand_timeout(n)));
function!(ByHandTimeoutTimed, n => poll(by_hand_timeout_timed(n)));
function!(ByHandPlain, n => by_hand_plain(n));
function!(Annotated, n => poll(untimed(n)));
function!(AnnotatedTimed, n => poll(timed(n)));
function!(AnnotatedPlain, n => untimed_plain(n));

/// Names of rows that the goals refer to.
pub(crate) const CALL_ASYNC: &str = "`call_async`, `response_times = false`";
pub(crate) const ANNOTATED: &str = "`#[circuit_breaker]` on an `async fn`, `response_times = false`";
pub(crate) const CALL_ASYNC_TIMED: &str = "`call_async`, everything recorded";
pub(crate) const ANNOTATED_TIMED: &str = "`#[circuit_breaker]` on an `async fn`, everything recorded";
pub(crate) const TIMEOUT: &str = "`call_async` with a `request_timeout`, `response_times = false`";
pub(crate) const TIMEOUT_TIMED: &str = "`call_async` with a `request_timeout`, everything recorded";

pub(crate) fn subjects() -> Vec<(About, Arc<dyn Subject>)> {
    let mut found = Vec::new();
    let mut add = |name: &str, family, subject| found.push((About::new(name, "breaker-core", family), subject));
    add("the bare `fn`", Family::Limit, subject::<AllSucceed, _>(1, || BarePlain));
    add("`call`, `response_times = false`", Family::Ours, subject::<AllSucceed, _>(1, || ByHandPlain));
    add(
        "`#[circuit_breaker]` on a `fn`, `response_times = false`",
        Family::Ours,
        subject::<AllSucceed, _>(1, || AnnotatedPlain),
    );
    add("the bare `async fn`", Family::Limit, subject::<AllSucceed, _>(1, || Bare));
    add(CALL_ASYNC, Family::Ours, subject::<AllSucceed, _>(1, || ByHand));
    add(ANNOTATED, Family::Ours, subject::<AllSucceed, _>(1, || Annotated));
    add(TIMEOUT, Family::Ours, subject::<AllSucceed, _>(1, || ByHandTimeout));
    add(CALL_ASYNC_TIMED, Family::Ours, subject::<AllSucceed, _>(1, || ByHandTimed));
    add(ANNOTATED_TIMED, Family::Ours, subject::<AllSucceed, _>(1, || AnnotatedTimed));
    add(TIMEOUT_TIMED, Family::Ours, subject::<AllSucceed, _>(1, || ByHandTimeoutTimed));
    found
}

fn named(service: &str) -> CircuitBreaker {
    Registry::global().get(service).expect("named by an attribute")
}

fn with_timeout(times: bool) -> CircuitBreaker {
    let config = Config::builder().request_timeout(Duration::from_secs(3_600)).response_times(times);
    let config = if times { config.failure_rate(0.9) } else { config.failure_threshold(u32::MAX) };
    CircuitBreaker::new("bench", config.build().expect("the bench's configuration is right"))
}

/// Returns the bytes that the attribute adds to a function's future.
pub(crate) fn added_to_the_future() -> usize {
    size_of_val(&untimed(1)) - size_of_val(&plain(1))
}

/// Calls each of the annotated functions this many times.
pub(crate) fn call_annotated(calls: u64) {
    for n in 1..=calls {
        assert!(Annotated::once(n).is_ok() && AnnotatedTimed::once(n).is_ok() && AnnotatedPlain::once(n).is_ok());
    }
}
