//! Each call ends in exactly one counter: cases 32 and 33, and the identity of the counters.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use breaker_core::{CircuitBreaker, Config, Mode, Outcome, State};
use breaker_tests::{assert_identity, rig, s};

#[test]
fn case_33_320_000_calls_are_exactly_320_000_and_add_up_at_every_snapshot() {
    let config = Config::builder().failure_rate(1.0).window(s(60.0)).build().expect("valid");
    let breaker = CircuitBreaker::new("case-33", config);
    let (done, snapshots) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..32_u64)
            .map(|thread| {
                let (breaker, snapshots) = (&breaker, &snapshots);
                scope.spawn(move || {
                    for call in 0..10_000_u64 {
                        // Wait for one snapshot, so that half of the calls come after it even if its thread is
                        // scheduled late.
                        while call == 5_000 && snapshots.load(Ordering::Relaxed) == 0 {
                            std::thread::yield_now();
                        }
                        let permit = breaker.try_acquire().expect("it never opens");
                        match (thread + call) % 10 {
                            0 => permit.failure(),
                            1 => permit.ignore(),
                            2 => drop(permit),
                            _ => permit.success(),
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Acquire) {
                let requests = breaker.metrics().requests;
                // Counted before the asserts, which may panic while the workers wait for a snapshot.
                snapshots.fetch_add(1, Ordering::Relaxed);
                assert!(requests >= last, "a counter went back");
                last = requests;
                assert_identity(&breaker);
            }
        });
        for worker in workers {
            worker.join().expect("no worker panics");
        }
        done.store(true, Ordering::Release);
    });
    let metrics = breaker.metrics();
    assert_eq!(metrics.requests, 320_000);
    assert_eq!((metrics.failures, metrics.ignored, metrics.abandoned), (32_000, 32_000, 32_000));
    assert_eq!((metrics.successes, metrics.in_flight), (224_000, 0));
    assert!(snapshots.into_inner() > 0);
    assert_identity(&breaker);
}

#[test]
fn the_identity_holds_in_every_state_and_mode() {
    let rig = rig(Config::builder().failure_threshold(2).open_timeout(s(5.0)).build());
    let mut permits = Vec::new();
    for mode in [Mode::Automatic, Mode::Shadow, Mode::ForcedOpen, Mode::ForcedClosed, Mode::Automatic] {
        rig.breaker.set_mode(mode);
        for step in 0..40_u8 {
            if let Ok(permit) = rig.breaker.try_acquire() {
                permits.push(permit);
            }
            rig.assert_identity();
            if step % 3 == 2 && !permits.is_empty() {
                let permit = permits.remove(0);
                match step % 5 {
                    0 => permit.success(),
                    1 => permit.ignore(),
                    2 => permit.record(Outcome::OpenFor(s(1.0))),
                    3 => drop(permit),
                    _ => permit.failure(),
                }
                rig.assert_identity();
            }
            rig.wait(0.7);
        }
    }
    assert_eq!(rig.breaker.metrics().in_flight, permits.len() as u64);
    drop(permits);
    assert_eq!(rig.breaker.metrics().in_flight, 0);
    rig.assert_identity();
}

#[test]
fn cumulative_counters_never_go_back() {
    let rig = rig(Config::builder().failure_threshold(2).success_threshold(1).open_timeout(s(1.0)).build());
    let mut last = rig.breaker.metrics();
    for round in 0..30 {
        rig.call(if round % 3 == 0 { 'S' } else { 'F' }, s(0.3));
        match round {
            10 => rig.breaker.reset(),
            15 => rig.breaker.reconfigure(Config::builder().window(3).build().expect("valid")),
            20 => rig.breaker.set_mode(Mode::ForcedOpen),
            25 => rig.breaker.set_mode(Mode::Automatic),
            _ => {}
        }
        let now = rig.breaker.metrics();
        for (before, after) in [
            (last.requests, now.requests),
            (last.successes, now.successes),
            (last.failures, now.failures),
            (last.rejections, now.rejections),
            (last.response_time.count, now.response_time.count),
            (last.transitions.closed_to_open, now.transitions.closed_to_open),
            (last.transitions.open_to_half_open, now.transitions.open_to_half_open),
        ] {
            assert!(after >= before, "round {round}: {after} < {before}");
        }
        last = now;
    }
}

#[test]
fn transitions_are_counted_by_kind() {
    let rig = rig(Config::builder().failure_threshold(1).success_threshold(1).open_timeout(s(1.0)).build());
    rig.calls("F");
    rig.wait(1.0);
    rig.calls("F");
    rig.wait(1.0);
    rig.calls("S F");
    rig.breaker.reset();
    let t = rig.breaker.metrics().transitions;
    assert_eq!((t.closed_to_open, t.open_to_half_open, t.half_open_to_open), (2, 2, 1));
    assert_eq!((t.half_open_to_closed, t.open_to_closed), (1, 1));
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn threads_that_come_and_go_lose_nothing() {
    let breaker = CircuitBreaker::new("generations", Config::default());
    for _ in 0..20 {
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| breaker.call(|| Ok::<_, ()>(())));
            }
        });
    }
    let metrics = breaker.metrics();
    assert_eq!((metrics.requests, metrics.successes, metrics.window.requests), (2_000, 2_000, 2_000));
}

#[test]
fn a_permit_may_end_on_another_thread() {
    let breaker = CircuitBreaker::new("moved", Config::default());
    let permits: Vec<_> = (0..100).map(|_| breaker.try_acquire().expect("closed")).collect();
    assert_eq!(breaker.metrics().in_flight, 100);
    std::thread::spawn(move || permits.into_iter().for_each(breaker_core::Permit::success)).join().expect("no panic");
    let metrics = breaker.metrics();
    assert_eq!((metrics.in_flight, metrics.successes), (0, 100));
}
