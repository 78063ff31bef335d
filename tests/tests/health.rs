//! Health checks that drive the circuit, the health report, and how checks end. On the manual clock: tasks run when the
//! test yields, and time passes when the test advances it.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use breaker_core::{Cause, Clock, Config, Criticality, HealthStatus, Mode, Registry, State};
use breaker_tests::checked::{Service, causes, checked, only};
use breaker_tests::lines::Lines;
use breaker_tests::{pass, s, settle};
use tracing::Level;

#[tokio::test]
async fn a_failed_check_opens_and_a_good_one_lets_it_probe_at_once() {
    let (registry, breaker, time) = checked(|keys| keys);
    let service = Service::default();
    let guard = registry.health_check("db", service.check());
    settle().await;
    assert_eq!((service.asked(), breaker.state()), (1, State::Closed), "the first check runs at once");
    service.break_down(true);
    pass(&time, 10.0).await;
    assert_eq!((service.asked(), breaker.state()), (2, State::Open));
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::Open);
    service.break_down(false);
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::HalfOpen, "30 s before the end of its open period");
    assert_eq!(causes(&breaker), [Cause::HealthCheckFailed, Cause::HealthCheckPassed]);
    service.break_down(true);
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::Open, "as a failed probe");
    drop(guard);
}

#[tokio::test]
async fn it_takes_as_many_failures_in_a_row_as_the_key_says() {
    let (registry, breaker, time) = checked(|keys| keys.health_check_failures(3));
    let service = Service::default();
    let _guard = registry.health_check("db", service.check());
    for broken in [false, true, true, false, true, true] {
        service.break_down(broken);
        pass(&time, 10.0).await;
        assert_eq!(breaker.state(), State::Closed);
    }
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test]
async fn the_interval_is_kept_but_for_a_tenth() {
    let (registry, _, time) = checked(|keys| keys);
    let service = Service::default();
    let _guard = registry.health_check("db", service.check());
    settle().await;
    for nth in 2..10 {
        pass(&time, 8.9).await;
        assert_eq!(service.asked(), nth - 1, "not before nine tenths of the interval");
        pass(&time, 1.1).await;
        assert_eq!(service.asked(), nth);
    }
}

#[tokio::test]
async fn a_check_that_hangs_or_panics_has_failed_and_the_next_one_comes() {
    let (registry, breaker, time) = checked(|keys| keys);
    let _guard = registry.health_check("db", pending::<Result<(), &str>>);
    settle().await;
    pass(&time, 1.9).await;
    assert_eq!(breaker.state(), State::Closed);
    pass(&time, 0.1).await;
    assert_eq!(breaker.state(), State::Open);
    let check = only(&registry).check.expect("ended");
    assert_eq!((check.took, check.failures), (s(2.0), 1));
    assert_eq!(check.last_error.as_deref(), Some("no answer within 2s"));
    pass(&time, 8.0).await;
    pass(&time, 2.0).await;
    assert_eq!(only(&registry).check.map(|check| check.failures), Some(2), "the check ran again");

    let (registry, breaker, _) = checked(|keys| keys);
    let _guard = registry.health_check("db", || async { if true { panic!("no driver") } else { Ok::<_, &str>(()) } });
    settle().await;
    assert_eq!(breaker.state(), State::Open);
    let error = only(&registry).check.and_then(|check| check.last_error);
    assert_eq!(error.as_deref(), Some("the check panicked: no driver"));
}

/// A panic payload that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::panic_any("dropped");
    }
}

#[tokio::test]
async fn a_check_whose_panic_panics_when_it_is_dropped_has_failed_and_the_next_one_comes() {
    let (registry, breaker, time) = checked(|keys| keys);
    let _guard =
        registry.health_check("db", || async { if true { std::panic::panic_any(Bomb) } else { Ok::<_, &str>(()) } });
    settle().await;
    assert_eq!(breaker.state(), State::Open);
    pass(&time, 10.0).await;
    assert_eq!(only(&registry).check.map(|check| check.failures), Some(2), "the check ran again");
}

#[tokio::test]
async fn a_task_whose_panic_panics_when_it_is_dropped_keeps_no_shutdown_from_its_end() {
    let registry = Registry::new();
    let task = registry.background("panics", async { std::panic::panic_any(Bomb) });
    settle().await;
    registry.shutdown().await;
    assert!(task.is_finished());
}

#[tokio::test]
async fn the_report_tells_of_the_last_check_and_the_last_error() {
    let (registry, _, time) = checked(|keys| keys);
    let service = Service::default();
    assert_eq!(only(&registry).check, None);
    let _guard = registry.health_check("db", service.check());
    service.break_down(true);
    settle().await;
    service.break_down(false);
    pass(&time, 10.0).await;
    time.advance(s(3.0));
    let check = only(&registry).check.expect("ended");
    assert_eq!((check.ago, check.took, check.failures), (s(3.0), Duration::ZERO, 0));
    assert_eq!(check.last_error.as_deref(), Some("connection refused"), "the last error stays");
}

#[test]
fn a_circuit_in_shadow_never_worsens_the_report_and_shows_what_it_would_do() {
    let registry = Registry::with_clock(Clock::manual().0);
    let config = || Config::builder().consecutive_failures(1).build().expect("valid");
    let trial = registry.get_or_create("on-trial", config());
    trial.set_mode(Mode::Shadow);
    trial.record(breaker_core::Outcome::Failure, s(0.1));
    assert_eq!(registry.health().status, HealthStatus::Up);
    let shown = only(&registry);
    assert_eq!((shown.state, shown.mode), (State::Open, Mode::Shadow));
    let other = registry.get_or_create("other", config());
    other.record(breaker_core::Outcome::Failure, s(0.1));
    assert_eq!(registry.health().status, HealthStatus::Down, "another service makes it `Down`");
    other.set_mode(Mode::Shadow);
    trial.set_mode(Mode::Automatic);
    assert_eq!(registry.health().status, HealthStatus::Down, "so does this service once it counts");
}

#[tokio::test]
async fn an_optional_service_degrades_and_a_critical_one_is_down() {
    let (registry, cache, _) = checked(|keys| keys.criticality(Criticality::Optional));
    let status = || registry.health().status;
    assert_eq!(status(), HealthStatus::Up);
    cache.set_mode(Mode::ForcedOpen);
    assert_eq!((status(), only(&registry).criticality), (HealthStatus::Degraded, Criticality::Optional));
    let store = registry.get_or_create("store", Config::builder().consecutive_failures(1).build().expect("valid"));
    let _ = store.call(|| Err::<(), _>("down"));
    assert_eq!(status(), HealthStatus::Down);
    cache.set_mode(Mode::Automatic);
    assert_eq!(status(), HealthStatus::Down);
    store.reset();
    assert_eq!(status(), HealthStatus::Up);
}

#[tokio::test]
async fn one_that_is_registered_but_off_is_a_line_in_the_log() {
    let (registry, ..) = checked(|keys| keys);
    registry.get_or_create("off", Config::builder().enable_health_check(false).build().expect("valid"));
    let lines = Lines::of(Level::INFO, || {
        for service in ["db", "off"] {
            drop(registry.health_check(service, Service::default().check()));
        }
    });
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(
        line.contains("WARN") && line.contains("service=\"off\"") && line.contains("enable_health_check"),
        "{line}"
    );
}

#[tokio::test(start_paused = true)]
async fn m3_on_a_manual_clock_that_stands_still_no_check_is_made_and_none_times_out() {
    let (registry, breaker, time) = checked(|keys| keys.health_check_failures(1));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let _check = registry.health_check("db", move || {
        // The second check never completes.
        let answers = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if answers { Ok::<_, &str>(()) } else { pending().await } }
    });
    let sleeper = tokio::spawn({
        let registry = registry.clone();
        async move { registry.clock().sleep(s(1.0)).await }
    });
    tokio::time::sleep(s(3_600.0)).await;
    assert_eq!((asked.load(Ordering::SeqCst), sleeper.is_finished()), (1, false), "the sleep used tokio's time");
    pass(&time, 10.0).await;
    tokio::time::sleep(s(3_600.0)).await;
    assert_eq!((asked.load(Ordering::SeqCst), sleeper.is_finished()), (2, true));
    assert_eq!(breaker.state(), State::Closed, "the check has timed out by tokio's time");
    pass(&time, 2.0).await;
    assert_eq!(breaker.state(), State::Open);
}

/// Returns the message and the reported place of a panic.
fn panic_of(run: impl FnOnce() + std::panic::UnwindSafe) -> (String, String) {
    let found = Arc::new(std::sync::Mutex::new((String::new(), String::new())));
    let (before, sink) = (Arc::new(std::panic::take_hook()), Arc::clone(&found));
    let (others, here) = (Arc::clone(&before), std::thread::current().id());
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() != here {
            return others(panic);
        }
        let text = panic.payload().downcast_ref::<String>().cloned().unwrap_or_default();
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
        *sink.lock().expect("not poisoned") = (text, place.unwrap_or_default());
    }));
    let result = std::panic::catch_unwind(run);
    std::panic::set_hook(Box::new(move |panic| before(panic)));
    assert!(result.is_err(), "it must panic");
    found.lock().expect("not poisoned").clone()
}

#[test]
fn a_health_check_outside_of_a_runtime_says_so_at_the_callers_line() {
    let registry = Registry::new();
    let check = || async { Ok::<_, &str>(()) };
    let here = |line| format!("{}:{line}", file!());
    for (name, line, (text, place)) in [
        ("health_check", line!(), panic_of(|| registry.health_check("db", check).detach())),
        ("log_metrics", line!(), panic_of(|| registry.log_metrics().detach())),
        ("background", line!(), panic_of(|| registry.background("task", pending()).detach())),
    ] {
        assert_eq!(place, here(line), "{text}");
        assert_eq!(text, format!("`Registry::{name}` starts a task on tokio: call it inside a tokio runtime"));
    }
    assert!(registry.get("db").is_none(), "nothing has been registered");
}
