//! The attribute against `call_async` and `call`, and both against the function without a breaker.

use std::sync::Arc;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config, Registry, circuit_breaker};

use super::{About, Family, Guarded, Purpose, Subject, ours, subject};
use crate::work::{AllSucceed, Answer, Failed, Stream, poll};

/// What a refusal would become; none of these circuits refuses.
const REFUSED: Failed = Failed(u64::MAX);

#[expect(clippy::unused_async, reason = "it is what the annotated ones are compared with")]
async fn plain(n: u64) -> Result<u64, Failed> {
    AllSucceed::work(n)
}

#[circuit_breaker(
    service = "annotated",
    failure_threshold = 4_294_967_295,
    response_times = false,
    map_error = |_| REFUSED,
)]
async fn untimed(n: u64) -> Result<u64, Failed> {
    AllSucceed::work(n)
}

#[circuit_breaker(service = "annotated, timed", failure_rate = 0.9, window = "60s", map_error = |_| REFUSED)]
async fn timed(n: u64) -> Result<u64, Failed> {
    AllSucceed::work(n)
}

#[circuit_breaker(
    service = "annotated, plain",
    failure_threshold = 4_294_967_295,
    response_times = false,
    map_error = |_| REFUSED,
)]
fn untimed_plain(n: u64) -> Result<u64, Failed> {
    AllSucceed::work(n)
}

/// A function as a subject. (A type, not a function pointer: the loop is compiled for it.)
macro_rules! function {
    ($name:ident, $n:ident => $call:expr) => {
        struct $name;

        impl Guarded<AllSucceed> for $name {
            type Local<'a> = ();

            fn local(&self) {}

            #[inline]
            fn call((): &mut (), $n: u64) -> Answer {
                $call.map_or(Answer::Failed, Answer::Done)
            }
        }
    };
}

function!(Bare, n => poll(plain(n)));
function!(BarePlain, n => AllSucceed::work(n));
function!(Annotated, n => poll(untimed(n)));
function!(AnnotatedTimed, n => poll(timed(n)));
function!(AnnotatedPlain, n => untimed_plain(n));

/// The names of the rows that goals are about.
pub(crate) const CALL_ASYNC: &str = "`call_async`, `response_times = false`";
pub(crate) const ANNOTATED: &str = "`#[circuit_breaker]` on an `async fn`, `response_times = false`";
pub(crate) const CALL_ASYNC_TIMED: &str = "`call_async`, everything recorded";
pub(crate) const ANNOTATED_TIMED: &str = "`#[circuit_breaker]` on an `async fn`, everything recorded";
pub(crate) const TIMEOUT: &str = "`call_async` with a `request_timeout`, `response_times = false`";
pub(crate) const TIMEOUT_TIMED: &str = "`call_async` with a `request_timeout`, everything recorded";

pub(crate) fn subjects() -> Vec<(About, Arc<dyn Subject>)> {
    let mut found = Vec::new();
    let mut add = |name: &str, family, subject| found.push((About::new(name, "breaker-core", family), subject));
    let call = |config| move || ours::Future::new(Config::clone(&config));
    add("the bare `fn`", Family::Limit, subject::<AllSucceed, _>(1, || BarePlain));
    add(
        "`call`, `response_times = false`",
        Family::Ours,
        subject::<AllSucceed, _>(1, || ours::Plain::new(ours::untimed(Purpose::Closed))),
    );
    add(
        "`#[circuit_breaker]` on a `fn`, `response_times = false`",
        Family::Ours,
        subject::<AllSucceed, _>(1, || AnnotatedPlain),
    );
    add("the bare `async fn`", Family::Limit, subject::<AllSucceed, _>(1, || Bare));
    // Through the very breakers that the annotated functions use, so that only the way there differs.
    add(CALL_ASYNC, Family::Ours, subject::<AllSucceed, _>(1, || ours::Future::of(named("annotated"))));
    add(ANNOTATED, Family::Ours, subject::<AllSucceed, _>(1, || Annotated));
    add(TIMEOUT, Family::Ours, subject::<AllSucceed, _>(1, call(with_timeout(false))));
    add(CALL_ASYNC_TIMED, Family::Ours, subject::<AllSucceed, _>(1, || ours::Future::of(named("annotated, timed"))));
    add(ANNOTATED_TIMED, Family::Ours, subject::<AllSucceed, _>(1, || AnnotatedTimed));
    add(TIMEOUT_TIMED, Family::Ours, subject::<AllSucceed, _>(1, call(with_timeout(true))));
    found
}

fn named(service: &str) -> CircuitBreaker {
    Registry::global().get(service).expect("named by an attribute")
}

fn with_timeout(times: bool) -> Config {
    let config = Config::builder().request_timeout(Duration::from_secs(3_600)).response_times(times);
    let config = if times { config.failure_rate(0.9) } else { config.failure_threshold(u32::MAX) };
    config.build().expect("the bench's configuration is right")
}

/// What the attribute adds to a function's future, in bytes.
pub(crate) fn added_to_the_future() -> usize {
    size_of_val(&untimed(1)) - size_of_val(&plain(1))
}

/// Calls each of the annotated functions so many times.
pub(crate) fn call_annotated(calls: u64) {
    for n in 1..=calls {
        assert!(poll(untimed(n)).is_ok() && poll(timed(n)).is_ok() && untimed_plain(n).is_ok());
    }
}
