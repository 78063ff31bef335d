//! Threads and tasks that race for probes (rule H1, case 23).

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use breaker_core::{CallError, Config, RejectionReason, State};
use breaker_tests::{Rig, rig, s};

const DOWN: (State, State) = (State::Closed, State::Open);
const PROBE: (State, State) = (State::Open, State::HalfOpen);
const UP: (State, State) = (State::HalfOpen, State::Closed);

/// Returns a rig that opened at the first failure and whose open period has ended.
fn probing(successes: u32, probes: u32) -> Rig {
    let keys = Config::builder().consecutive_failures(1).open_timeout(s(5.0));
    let rig = rig(keys.success_threshold(successes).half_open_max_calls(probes).build());
    rig.calls("F X");
    rig.wait(5.0);
    rig
}

#[test]
fn case_23_of_64_racing_threads_one_probe_runs_and_63_are_rejected() {
    for _ in 0..20 {
        let rig = probing(1, 1);
        let (ran, rejected, seen) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let start = Barrier::new(64);
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    start.wait();
                    let result = rig.breaker.call(|| {
                        ran.fetch_add(1, Ordering::SeqCst);
                        // The probe stays in flight until all other calls have ended.
                        while ran.load(Ordering::SeqCst) + rejected.load(Ordering::SeqCst) < 64 {
                            std::thread::yield_now();
                        }
                        seen.store(rejected.load(Ordering::SeqCst), Ordering::SeqCst);
                        Ok::<_, ()>(())
                    });
                    if let Err(CallError::Breaker(_)) = result {
                        rejected.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(ran.into_inner(), 1);
        assert_eq!(seen.into_inner(), 63, "all others collided with the probe in flight");
        assert_eq!(rig.transitions(), [DOWN, PROBE, UP]);
        rig.assert_identity();
    }
}

#[test]
fn case_23_of_64_racing_tasks_one_probe_runs_and_63_are_rejected() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().expect("a runtime");
    let rig = probing(1, 1);
    let counts = std::sync::Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    runtime.block_on(async {
        let start = std::sync::Arc::new(tokio::sync::Barrier::new(64));
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let (breaker, start, counts) = (rig.breaker.clone(), start.clone(), counts.clone());
                tokio::spawn(async move {
                    start.wait().await;
                    let body = async {
                        counts.0.fetch_add(1, Ordering::SeqCst);
                        while counts.0.load(Ordering::SeqCst) + counts.1.load(Ordering::SeqCst) < 64 {
                            tokio::task::yield_now().await;
                        }
                        Ok::<_, ()>(())
                    };
                    if breaker.call_async(body).await.is_err() {
                        counts.1.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
    assert_eq!((counts.0.load(Ordering::SeqCst), counts.1.load(Ordering::SeqCst)), (1, 63));
    assert_eq!(rig.transitions(), [DOWN, PROBE, UP]);
}

#[test]
fn h1_the_probe_budget_is_exact_however_many_race() {
    for probes in [1, 3, 7] {
        let rig = probing(100, probes);
        let (inside, most, admitted) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let Ok(permit) = rig.breaker.try_acquire() else { continue };
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        admitted.fetch_add(1, Ordering::SeqCst);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        permit.ignore();
                    }
                });
            }
        });
        assert!(most.into_inner() <= probes as usize);
        assert!(admitted.into_inner() > 0);
        // Each permit was returned exactly once.
        let all: Vec<_> = (0..probes).map(|_| rig.breaker.try_acquire().expect("all are free")).collect();
        assert_eq!(rig.rejection_reason(), RejectionReason::HalfOpen);
        drop(all);
        rig.assert_identity();
    }
}
