//! Health checks that are switched off or replaced, or that end with their guard, their runtime or their registry. From
//! then on they have no effect (C5).

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use breaker_core::{Settings, State};
use breaker_tests::checked::{Service, checked, fail, only};
use breaker_tests::{pass, s, settle};

#[tokio::test]
async fn switched_off_it_waits_and_a_new_interval_holds_at_once() {
    let (registry, breaker, time) = checked(|keys| keys.enable_health_check(false));
    let service = Service::default();
    let _guard = registry.health_check("db", service.check());
    pass(&time, 100.0).await;
    assert_eq!(service.asked(), 0);
    let on = |seconds| Settings {
        enable_health_check: Some(true),
        health_check_interval: Some(s(seconds)),
        health_check_timeout: Some(s(1.0)),
        ..Settings::NONE
    };
    registry.apply("db", on(1_000.0)).expect("valid");
    settle().await;
    assert_eq!(service.asked(), 1);
    pass(&time, 5.0).await;
    registry.apply("db", on(5.0)).expect("valid");
    settle().await;
    assert_eq!(service.asked(), 2, "the last check was 5 s ago");
    registry.apply("db", Settings { enable_health_check: Some(false), ..Settings::NONE }).expect("valid");
    service.break_down(true);
    pass(&time, 1_000.0).await;
    assert_eq!((service.asked(), breaker.state(), only(&registry).check), (2, State::Closed, None));
}

#[tokio::test]
async fn it_ends_with_its_guard_with_the_next_one_and_at_shutdown() {
    let (registry, _, time) = checked(|keys| keys);
    let services = [(); 3].map(|()| Service::default());
    let asked = || services.each_ref().map(Service::asked);
    let first = registry.health_check("db", services[0].check());
    settle().await;
    let second = registry.health_check("db", services[1].check());
    settle().await;
    assert!(first.is_finished() && !second.is_finished(), "one check for a service");
    drop(second);
    pass(&time, 10.0).await;
    assert_eq!(asked(), [1, 1, 0]);
    registry.health_check("db", services[2].check()).detach();
    let metrics = registry.log_metrics();
    settle().await;
    pass(&time, 10.0).await;
    assert_eq!(asked(), [1, 1, 2]);
    registry.shutdown().await;
    assert!(metrics.is_finished());
    pass(&time, 100.0).await;
    assert_eq!(asked(), [1, 1, 2], "no check runs any more");
}

#[tokio::test]
async fn what_a_check_has_found_goes_with_it() {
    let (registry, breaker, time) = checked(|keys| keys.health_check_failures(2));
    let service = Service::default();
    service.break_down(true);
    let first = registry.health_check("db", service.check());
    settle().await;
    assert_eq!(only(&registry).check.map(|check| check.failures), Some(1));
    let second = registry.health_check("db", service.check());
    assert_eq!(only(&registry).check, None, "the next check has no result yet");
    settle().await;
    assert_eq!(
        (only(&registry).check.map(|check| check.failures), breaker.state()),
        (Some(1), State::Closed),
        "one failure of each check is not two consecutive failures"
    );
    drop(first);
    pass(&time, 10.0).await;
    assert_eq!((only(&registry).check.map(|check| check.failures), breaker.state()), (Some(2), State::Open));
    drop(second);
    settle().await;
    assert_eq!(only(&registry).check, None, "no check is left");
}

#[test]
fn a_runtime_that_ends_takes_its_checks_along() {
    let (registry, breaker, _) = checked(|keys| keys);
    let dropped = Arc::new(());
    let inside = Arc::clone(&dropped);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let guard = runtime.block_on(async {
        let check = move || {
            let held = Arc::clone(&inside);
            async move {
                pending::<()>().await;
                drop(held);
                Ok::<_, &str>(())
            }
        };
        let guard = registry.health_check("db", check);
        settle().await;
        guard
    });
    assert!(Arc::strong_count(&dropped) > 1, "the check has run");
    drop(runtime);
    assert_eq!((Arc::strong_count(&dropped), guard.is_finished()), (1, true), "the check was dropped");
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn a_check_on_one_thread_does_not_hold_up_shutdown_on_another() {
    let (registry, _, _) = checked(|keys| keys);
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let entered = Arc::new(AtomicUsize::new(0));
    let inside = Arc::clone(&entered);
    let other = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime");
    let guard = {
        let _context = other.enter();
        registry.health_check("db", move || {
            inside.store(1, Ordering::SeqCst);
            // Blocks its thread, which no future should do.
            let _ = wait.lock().expect("no panic").recv();
            std::future::ready(Ok::<_, &str>(()))
        })
    };
    while entered.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    registry.shutdown().await;
    assert!(!guard.is_finished(), "shutdown has returned without it");
    drop(release);
    other.shutdown_background();
}

#[tokio::test]
async fn an_answer_that_comes_after_checks_are_switched_off_changes_nothing() {
    let (registry, breaker, _time) = checked(|keys| keys);
    let answer = Arc::new(tokio::sync::Notify::new());
    let waits = Arc::clone(&answer);
    let _guard = registry.health_check("db", move || {
        let waits = Arc::clone(&waits);
        async move {
            waits.notified().await;
            Err("connection refused")
        }
    });
    settle().await;
    let off = Settings { enable_health_check: Some(false), ..Settings::NONE };
    registry.apply("db", off).expect("valid");
    answer.notify_one();
    settle().await;
    assert_eq!((breaker.state(), only(&registry).check), (State::Closed, None));
}

#[tokio::test]
async fn c5_checks_before_one_was_replaced_count_no_more() {
    let (registry, breaker, time) = checked(|keys| keys.consecutive_failures(1).health_check_successes(2));
    let service = Service::default();
    let first = registry.health_check("db", service.check());
    settle().await;
    fail(&breaker);
    pass(&time, 10.0).await;
    let _second = registry.health_check("db", service.check());
    settle().await;
    drop(first);
    assert_eq!(breaker.state(), State::Open, "one failure of each check is not two consecutive failures");
    pass(&time, 10.0).await;
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[tokio::test]
async fn c5_a_check_that_was_running_when_it_was_replaced_decides_nothing() {
    let (registry, breaker, _time) = checked(|keys| keys);
    let answer = Arc::new(tokio::sync::Notify::new());
    let waits = Arc::clone(&answer);
    let _first = registry.health_check("db", move || {
        let waits = Arc::clone(&waits);
        async move {
            waits.notified().await;
            Err("connection refused")
        }
    });
    settle().await;
    let _second = registry.health_check("db", pending::<Result<(), String>>);
    answer.notify_one();
    settle().await;
    assert_eq!((breaker.state(), only(&registry).check), (State::Closed, None));
}

#[tokio::test]
async fn c5_a_check_that_was_running_while_checks_went_off_and_on_decides_nothing() {
    let (registry, breaker, time) = checked(|keys| keys.health_check_failures(2));
    let answer = Arc::new(tokio::sync::Notify::new());
    let waits = Arc::clone(&answer);
    let _guard = registry.health_check("db", move || {
        let waits = Arc::clone(&waits);
        async move {
            waits.notified().await;
            Err("connection refused")
        }
    });
    settle().await;
    answer.notify_one();
    settle().await;
    let failures = || only(&registry).check.map(|check| check.failures);
    pass(&time, 10.0).await;
    assert_eq!((failures(), breaker.state()), (Some(1), State::Closed), "the second check runs");
    for enabled in [false, true] {
        let switched = Settings { enable_health_check: Some(enabled), ..Settings::NONE };
        registry.apply("db", switched).expect("valid");
    }
    answer.notify_one();
    settle().await;
    assert_eq!((failures(), breaker.state()), (None, State::Closed), "this check, too, started before the switch");
    pass(&time, 10.0).await;
    answer.notify_one();
    settle().await;
    assert_eq!((failures(), breaker.state()), (Some(1), State::Closed));
}
