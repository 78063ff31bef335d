//! tokio's paused time with `test-util`: everything of a breaker on the monotonic clock obeys it (rule M3).

use std::future::pending;

use breaker_core::{CallError, CircuitBreaker, Clock, Config, ConfigBuilder, State};
use breaker_tests::{assert_identity, s};
use tokio::runtime::Builder;
use tokio::time::{advance, sleep};

fn breaker(config: &ConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("paused", config.build().expect("valid"))
}

fn one() -> ConfigBuilder {
    Config::builder().failure_threshold(1).open_timeout(s(30.0))
}

fn fail(breaker: &CircuitBreaker) {
    let _ = breaker.call(|| Err::<(), _>("down"));
}

#[tokio::test(start_paused = true)]
async fn the_open_time_obeys_it_exactly() {
    let breaker = breaker(&one());
    fail(&breaker);
    assert_eq!(breaker.peek().expect_err("open").retry_after, Some(s(30.0)));
    advance(s(29.999)).await;
    assert_eq!(breaker.state(), State::Open);
    advance(s(0.001)).await;
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn a_window_slides_by_it() {
    let breaker = breaker(&Config::builder().failure_threshold(2).window(s(60.0)));
    fail(&breaker);
    assert_eq!(breaker.metrics().window.failures, 1);
    advance(s(60.0)).await;
    assert_eq!(breaker.metrics().window.failures, 0);
    fail(&breaker);
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_lease_ends_by_it() {
    let breaker = breaker(&one().half_open_timeout(s(10.0)));
    fail(&breaker);
    advance(s(30.0)).await;
    let probe = breaker.try_acquire().expect("half-open");
    advance(s(10.0)).await;
    assert_eq!(breaker.state(), State::Open);
    drop(probe);
    assert_identity(&breaker);
}

#[tokio::test(start_paused = true)]
async fn a_call_takes_as_long_as_it_says() {
    let breaker = breaker(&Config::builder().slow_call_duration(s(5.0)).request_timeout(s(30.0)));
    let call = breaker.call_async(async {
        sleep(s(5.0)).await;
        Ok::<_, ()>(())
    });
    assert_eq!(call.await, Ok(()));
    assert_eq!((breaker.metrics().slow, breaker.metrics().timeouts), (1, 0));
    let before = tokio::time::Instant::now();
    let cut_off = breaker.call_async(pending::<Result<(), ()>>()).await;
    assert!(matches!(cut_off, Err(CallError::Breaker(error)) if error.is_timeout()));
    assert_eq!(before.elapsed(), s(30.0));
    assert_eq!(breaker.metrics().response_time.max, Some(s(30.0)));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_sleeps_sleeps_by_it() {
    let before = tokio::time::Instant::now();
    Clock::monotonic().sleep(s(3_600.0)).await;
    assert_eq!(before.elapsed(), s(3_600.0));
}

/// Its time stands before the pair of instant and reading that all runtimes share.
#[test]
fn a_runtime_that_paused_first_loses_no_time() {
    let paused = || Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let (first, second) = (paused(), paused());
    second.block_on(async { fail(&breaker(&one())) });
    first.block_on(async {
        let breaker = breaker(&one());
        fail(&breaker);
        advance(s(30.0)).await;
        assert_eq!(breaker.state(), State::HalfOpen);
    });
}

#[tokio::test]
async fn time_that_resumes_continues() {
    tokio::time::pause();
    let breaker = breaker(&one());
    fail(&breaker);
    advance(s(31.0)).await;
    tokio::time::resume();
    assert_eq!(breaker.state(), State::HalfOpen);
}
