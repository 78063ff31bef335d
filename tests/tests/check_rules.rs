//! What health checks may do to a circuit (C1 to C4; C5 is in `check_ends`), and how many consecutive checks that
//! takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use breaker_core::{
    CallError, Cause, CircuitBreaker, CircuitBreakerError, Config, Mode, Outcome, Rejection, RejectionReason, State,
};
use breaker_tests::checked::{Service, causes, checked, fail, only};
use breaker_tests::{pass, s, settle};

fn succeed(breaker: &CircuitBreaker) -> bool {
    breaker.call(|| Ok::<_, &str>(())).is_ok()
}

#[tokio::test]
async fn c1_a_good_check_never_shortens_an_open_for() {
    let (registry, breaker, time) = checked(|keys| keys);
    let _guard = registry.health_check("db", Service::default().check());
    settle().await;
    breaker.record(Outcome::OpenFor(s(120.0)), s(0.1));
    for seconds in 1..120 {
        pass(&time, 1.0).await;
        assert_eq!(breaker.metrics().retry_after, Some(s(f64::from(120 - seconds))));
    }
    pass(&time, 1.0).await;
    assert!(succeed(&breaker) && breaker.state() == State::HalfOpen, "120 s are over");
    assert_eq!(breaker.metrics().transitions.open_to_half_open, 1);
}

#[tokio::test]
async fn c1_a_probe_that_asks_for_time_gets_it_although_a_check_let_it_probe() {
    let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1));
    let _guard = registry.health_check("db", Service::default().check());
    settle().await;
    fail(&breaker);
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::HalfOpen);
    let _ = breaker.call_classified(|| Err::<(), _>("429"), |_| Outcome::OpenFor(s(50.0)));
    pass(&time, 49.0).await;
    assert_eq!(breaker.state(), State::Open);
    pass(&time, 1.0).await;
    assert_eq!(breaker.state(), State::HalfOpen);
}

/// Returns how many of the calls, one a second for an hour, reach a service that fails all calls while its health check
/// succeeds.
async fn failing_calls_in_an_hour(registered: bool) -> u32 {
    let (registry, breaker, time) = checked(|keys| {
        let keys = keys.consecutive_failures(5).health_check_interval(s(15.0)).open_timeout(s(30.0));
        keys.open_timeout_multiplier(2.0).open_timeout_max(s(600.0))
    });
    let guard = registry.health_check("db", Service::default().check());
    if registered {
        guard.detach();
    } else {
        drop(guard);
    }
    let mut calls = 0;
    for _ in 0..3_600 {
        let _ = breaker.call(|| {
            calls += 1;
            Err::<(), _>("relation \"orders\" does not exist")
        });
        pass(&time, 1.0).await;
    }
    calls
}

#[tokio::test]
async fn c2_back_off_works_where_a_check_is_green_and_calls_fail() {
    // Five calls open the circuit. Probes follow after 30, 60, 120, 240 and 480 s, then every 600 s.
    assert_eq!(failing_calls_in_an_hour(false).await, 5 + 9);
    // Only the first successful check half-opens the circuit, which makes the first 30 s shorter.
    let with_check = failing_calls_in_an_hour(true).await;
    assert!((5 + 9..=5 + 10).contains(&with_check), "{with_check}");
}

#[tokio::test]
async fn c2_a_check_that_was_wrong_shortens_and_closes_nothing_until_the_circuit_has_closed() {
    let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1).success_threshold(1));
    let _guard = registry.health_check("db", Service::default().check());
    settle().await;
    fail(&breaker);
    pass(&time, 10.0).await;
    fail(&breaker);
    pass(&time, 59.0).await;
    assert_eq!(breaker.state(), State::Open, "the check was wrong");
    pass(&time, 600.0).await;
    assert_eq!(breaker.state(), State::HalfOpen, "no call was made, and the check does not close the circuit");
    assert!(succeed(&breaker) && breaker.state() == State::Closed);
    fail(&breaker);
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::HalfOpen, "the check counts again");
}

#[tokio::test]
async fn c2_a_check_that_was_wrong_may_still_open() {
    let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1));
    let service = Service::default();
    let _guard = registry.health_check("db", service.check());
    settle().await;
    fail(&breaker);
    pass(&time, 10.0).await;
    fail(&breaker);
    pass(&time, 60.0).await;
    assert!(succeed(&breaker));
    service.break_down(true);
    pass(&time, 10.0).await;
    assert_eq!((breaker.state(), causes(&breaker).pop()), (State::Open, Some(Cause::HealthCheckFailed)));
}

#[tokio::test]
async fn c3_a_check_that_calls_through_its_own_breaker_reaches_the_service_and_counts_nowhere() {
    let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1).half_open_max_calls(1));
    let well = Arc::new(AtomicBool::new(true));
    let (called, answer) = (breaker.clone(), Arc::clone(&well));
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    fail(&breaker);
    pass(&time, 60.0).await;
    let probe = breaker.try_acquire().expect("the probe of a caller, which takes long");
    let _guard = registry.health_check("db", move || {
        let (called, count, answer) = (called.clone(), Arc::clone(&count), Arc::clone(&answer));
        async move {
            let body = async {
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst);
                if answer.load(Ordering::SeqCst) { Ok(()) } else { Err("down") }
            };
            called.call_async(body).await.map_err(|error| error.to_string())
        }
    });
    settle().await;
    assert_eq!((asked.load(Ordering::SeqCst), breaker.state()), (1, State::HalfOpen));
    assert_eq!(only(&registry).check.map(|check| (check.successes, check.failures)), Some((1, 0)));
    let metrics = breaker.metrics();
    assert_eq!((metrics.requests, metrics.in_flight, metrics.rejections), (2, 1, 0), "the check's call is not counted");
    well.store(false, Ordering::SeqCst);
    drop(probe);
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::Open, "the check's call reaches the service, which is down");
    assert_eq!((asked.load(Ordering::SeqCst), breaker.metrics().requests), (2, 2));
}

#[tokio::test]
async fn c3_a_rejection_that_a_check_returns_is_no_news_and_breaks_no_row() {
    let (registry, breaker, time) = checked(|keys| keys.health_check_failures(2).health_check_successes(2));
    let answers = Arc::new(std::sync::Mutex::new(Vec::new()));
    let script = Arc::clone(&answers);
    let _guard = registry.health_check("db", move || {
        std::future::ready(match script.lock().expect("no panic").pop() {
            Some('F') => Err("connection refused".into()),
            Some('R') => Err(Rejection::new("auth", RejectionReason::Open).into()),
            Some('W') => Err(std::io::Error::other(Wrapped(CircuitBreakerError::from(Rejection::new(
                "auth",
                RejectionReason::Open,
            ))))
            .into()),
            Some('C') => Err(through_auth().into()),
            Some('N') => Err(Wrapped(through_auth()).into()),
            Some('T') => Err(Transparent(through_auth()).into()),
            _ => Ok::<_, Box<dyn std::error::Error + Send + Sync>>(()),
        })
    });
    settle().await;
    let next = |letter| answers.lock().expect("no panic").push(letter);
    for letter in ['F', 'R', 'C', 'T', 'N', 'W'] {
        next(letter);
        pass(&time, 10.0).await;
        assert_eq!(breaker.state(), State::Closed);
    }
    let check = only(&registry).check.expect("ended");
    assert_eq!((check.failures, check.successes, check.ago), (1, 0, s(0.0)));
    assert_eq!(check.last_error.as_deref(), Some("connection refused"));
    assert_eq!(check.rejected.as_deref(), Some("no session"), "the report shows it");
    next('F');
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::Open, "the second consecutive failure");
    for letter in ['S', 'R'] {
        next(letter);
        pass(&time, 10.0).await;
        assert_eq!(breaker.state(), State::Open);
    }
    next('S');
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::HalfOpen, "the second consecutive success");
    assert_eq!(only(&registry).check.and_then(|check| check.rejected), None, "the last one was not rejected");
}

/// Returns the error of a call through the breaker of another service, whose circuit is open.
fn through_auth() -> CallError<std::io::Error> {
    let auth = CircuitBreaker::new("auth", Config::default());
    auth.set_mode(Mode::ForcedOpen);
    auth.call(|| Ok::<_, std::io::Error>(())).expect_err("rejected")
}

/// An error that forwards the text and the source of another error.
#[derive(Debug)]
struct Transparent<E>(E);

impl<E: std::fmt::Display> std::fmt::Display for Transparent<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: std::error::Error> std::error::Error for Transparent<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// An error that has another error, such as a rejection, as its source.
#[derive(Debug)]
struct Wrapped<E>(E);

impl<E> std::fmt::Display for Wrapped<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no session")
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Wrapped<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Makes the circuit half-open through a check. The interval is 10 s.
async fn half_open(breaker: &CircuitBreaker, time: &breaker_core::ManualClock) {
    settle().await;
    fail(breaker);
    pass(time, 10.0).await;
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[tokio::test]
async fn c4_good_checks_close_a_quiet_service_and_are_no_requests() {
    for mode in [Mode::Automatic, Mode::Shadow] {
        let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1).success_threshold(2));
        breaker.set_mode(mode);
        let _guard = registry.health_check("db", Service::default().check());
        half_open(&breaker, &time).await;
        pass(&time, 10.0).await;
        assert_eq!(breaker.state(), State::HalfOpen, "one success of two");
        pass(&time, 10.0).await;
        assert_eq!((breaker.state(), breaker.metrics().requests), (State::Closed, 1), "{mode:?}");
        let cause = causes(&breaker).pop().expect("closed");
        assert_eq!(cause, Cause::HealthChecksSucceeded { checks: 2, probes: 0 });
        assert_eq!(cause.to_string(), "2 health checks succeeded");
    }
}

#[tokio::test]
async fn c4_the_forced_modes_decide_themselves() {
    let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1).success_threshold(1));
    let _guard = registry.health_check("db", Service::default().check());
    half_open(&breaker, &time).await;
    breaker.set_mode(Mode::ForcedOpen);
    pass(&time, 100.0).await;
    breaker.set_mode(Mode::Automatic);
    assert_eq!(breaker.state(), State::HalfOpen, "no check has closed it");
    pass(&time, 9.9).await;
    assert_eq!(breaker.state(), State::HalfOpen, "calls that the mode rejected count as traffic");
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn c4_a_probe_and_a_check_close_together_once_no_call_has_come_for_an_interval() {
    let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1).success_threshold(2));
    let _guard = registry.health_check("db", Service::default().check());
    half_open(&breaker, &time).await;
    for _ in 0..20 {
        // An ignored call in each interval.
        let _ = breaker.call_classified(|| Ok::<_, &str>(()), |_| Outcome::Ignore);
        pass(&time, 5.0).await;
        assert_eq!(breaker.state(), State::HalfOpen, "calls are made");
    }
    assert!(succeed(&breaker));
    pass(&time, 9.0).await;
    pass(&time, 9.0).await;
    assert_eq!(breaker.state(), State::Closed);
    let cause = causes(&breaker).pop().expect("closed");
    assert_eq!(cause.to_string(), "1 probe and 1 health check succeeded");
}

#[tokio::test]
async fn c4_a_probe_in_flight_is_traffic() {
    let (registry, breaker, time) =
        checked(|keys| keys.consecutive_failures(1).success_threshold(1).half_open_timeout(s(600.0)));
    let _guard = registry.health_check("db", Service::default().check());
    half_open(&breaker, &time).await;
    let probe = breaker.try_acquire().expect("a probe");
    pass(&time, 300.0).await;
    assert_eq!(breaker.state(), State::HalfOpen);
    drop(probe);
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::Closed, "the last admission is 310 s ago");
}

#[tokio::test]
async fn c4_a_check_that_fails_takes_those_before_it_back() {
    let (registry, breaker, time) =
        checked(|keys| keys.consecutive_failures(1).success_threshold(2).health_check_failures(2));
    let service = Service::default();
    let _guard = registry.health_check("db", service.check());
    half_open(&breaker, &time).await;
    for broken in [false, true, false] {
        service.break_down(broken);
        pass(&time, 10.0).await;
        assert_eq!(breaker.state(), State::HalfOpen);
    }
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn by_default_one_lost_check_rejects_no_caller_and_three_in_a_row_open() {
    let config = Config::default();
    assert_eq!((config.health_check_failures(), config.health_check_successes()), (3, 1));
    let (registry, breaker, time) =
        checked(|keys| keys.health_check_failures(Config::default().health_check_failures()));
    let service = Service::default();
    let _guard = registry.health_check("db", service.check());
    settle().await;
    for broken in [true, true, false, true, true] {
        service.break_down(broken);
        pass(&time, 10.0).await;
        assert!(succeed(&breaker));
    }
    pass(&time, 10.0).await;
    assert!(!succeed(&breaker));
}

#[tokio::test]
async fn it_takes_as_many_good_checks_in_a_row_since_it_opened_as_the_key_says() {
    let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1).health_check_successes(3));
    let service = Service::default();
    let _guard = registry.health_check("db", service.check());
    for _ in 0..9 {
        pass(&time, 10.0).await;
    }
    fail(&breaker);
    // The open timeout of 60 s does not end during this loop.
    for broken in [false, true, false, false] {
        service.break_down(broken);
        pass(&time, 10.0).await;
        assert_eq!(breaker.state(), State::Open, "checks before the trip don't count");
    }
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::HalfOpen);
}
