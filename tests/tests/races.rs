//! Races between threads: exact windows (W5), probes (H1), opening once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use breaker_core::{CircuitBreaker, Config, ConfigBuilder, Outcome, Permit, State};
use breaker_tests::{Rig, ms, rig, s};

const THREADS: u64 = 8;

/// Runs `work` on eight threads that start together; each gets its number.
fn together(work: impl Fn(u64) + Sync) {
    let barrier = Barrier::new(usize::try_from(THREADS).expect("eight"));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(thread);
            });
        }
    });
}

fn fail(breaker: &CircuitBreaker) -> bool {
    breaker.try_acquire().map(Permit::failure).is_ok()
}

/// Checks that each failure is counted once: with one fewer than the threshold, over all threads, the circuit stays
/// closed; one more opens it.
fn opens_at_exactly(builder: &ConfigBuilder, failures: u64, successes: u64) {
    let rig = rig(builder.build());
    together(|_| {
        for _ in 0..successes / THREADS {
            rig.breaker.try_acquire().expect("closed").success();
        }
    });
    together(|thread| {
        let share = failures / THREADS - u64::from(thread == 0);
        (0..share).for_each(|_| assert!(fail(&rig.breaker), "the circuit opened early"));
    });
    let m = rig.breaker.metrics();
    assert_eq!(
        (m.window.failures, m.window.requests, m.state),
        (failures - 1, failures - 1 + successes, State::Closed)
    );
    assert!(fail(&rig.breaker));
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.count(State::Closed, State::Open), 1);
    rig.assert_identity();
}

#[test]
fn w5_a_time_window_loses_and_doubles_nothing() {
    let builder = Config::builder().failure_threshold(16_000);
    opens_at_exactly(&builder, 16_000, 8_000);
    let rate = Config::builder().failure_rate(0.5).minimum_requests(32_000);
    opens_at_exactly(&rate, 16_000, 16_000);
}

#[test]
fn w5_a_count_window_loses_and_doubles_nothing() {
    let builder = Config::builder().failure_threshold(8_000).window(16_384);
    opens_at_exactly(&builder, 8_000, 8_000);
}

#[test]
fn w5_a_run_of_failures_over_all_threads_is_exact() {
    opens_at_exactly(&Config::builder().consecutive_failures(16_000), 16_000, 0);
}

#[test]
fn w5_slices_are_exact_while_the_clock_goes_on_and_when_they_are_reused() {
    let rig = rig(Config::builder().failure_threshold(1_000_000).window(s(16.0)).build());
    let mut slices = [0_u64; 16];
    // Each of the 16 slices is used four times. Each round is one slice, in which all threads count at once.
    for round in 0..64_usize {
        let calls = 100 + (round as u64 * 37) % 200;
        slices[round % 16] = calls * THREADS;
        together(|_| (0..calls).for_each(|_| assert!(fail(&rig.breaker))));
        let window = rig.breaker.metrics().window;
        let held: u64 = slices.iter().sum();
        assert_eq!((window.requests, window.failures), (held, held), "round {round}");
        rig.wait(1.0);
        slices[(round + 1) % 16] = 0;
    }
}

#[test]
fn w5_calls_that_race_with_the_clock_are_all_in_the_window() {
    let rig = rig(Config::builder().failure_threshold(1_000_000).window(s(16.0)).build());
    for round in 1..=20 {
        together(|thread| {
            for call in 0..200_u64 {
                assert!(fail(&rig.breaker));
                // 14 slices pass; the threads take turns to advance the clock.
                if thread == call % THREADS && call % 14 == 0 {
                    rig.time.advance(ms(900));
                }
            }
        });
        let window = rig.breaker.metrics().window;
        assert_eq!((window.requests, window.failures), (200 * THREADS, 200 * THREADS), "round {round}");
        rig.wait(32.0);
        assert_eq!(rig.breaker.metrics().window.requests, 0);
    }
}

#[test]
fn w5_in_a_count_window_exactly_the_failures_of_the_last_calls_remain() {
    let rig = rig(Config::builder().failure_rate(1.0).window(1_000).build());
    for round in 0..20_u64 {
        // More successes than the window holds, then 8 × 50 failures and as many ignored calls.
        together(|_| (0..200).for_each(|_| rig.breaker.try_acquire().expect("closed").success()));
        together(|_| {
            for _ in 0..50 {
                assert!(fail(&rig.breaker));
                rig.breaker.try_acquire().expect("closed").ignore();
            }
        });
        let window = rig.breaker.metrics().window;
        assert_eq!((window.requests, window.failures), (1_000, 400), "round {round}");
    }
}

/// Each thread adds one of the failures that are needed. The last one must see all others.
#[test]
fn failures_that_complete_a_threshold_together_open_once() {
    let needed = u32::try_from(THREADS).expect("eight");
    for builder in [
        Config::builder().failure_threshold(needed),
        Config::builder().consecutive_failures(needed),
        Config::builder().failure_rate(1.0).minimum_requests(needed),
        Config::builder().failure_rate(1.0).window(needed),
    ] {
        for round in 0..100 {
            let rig = rig(builder.build());
            let permits: Vec<_> = (0..THREADS).map(|_| rig.breaker.try_acquire().expect("closed")).collect();
            let permits = std::sync::Mutex::new(permits);
            together(|_| {
                let permit = permits.lock().expect("no panic").pop().expect("one each");
                permit.failure();
            });
            assert_eq!(rig.state(), State::Open, "round {round} of {builder:?}");
            assert_eq!(rig.count(State::Closed, State::Open), 1, "round {round}");
        }
    }
}

fn half_open(probes: u32) -> Rig {
    let builder = Config::builder().consecutive_failures(1).success_threshold(1_000_000);
    let rig = rig(builder.half_open_max_calls(probes).half_open_timeout(s(1e6)).build());
    rig.calls("F");
    rig.wait(30.0);
    rig
}

#[test]
fn h1_exactly_as_many_probes_as_allowed_are_in_flight_however_many_race() {
    for probes in [1, 2, 5] {
        for round in 0..50 {
            let rig = half_open(probes);
            let (admitted, rejected) = (AtomicU64::new(0), AtomicU64::new(0));
            let held = std::sync::Mutex::new(Vec::new());
            together(|_| match rig.breaker.try_acquire() {
                Ok(permit) => {
                    held.lock().expect("no panic").push(permit);
                    admitted.fetch_add(1, Ordering::SeqCst);
                }
                Err(_) => {
                    rejected.fetch_add(1, Ordering::SeqCst);
                }
            });
            assert_eq!(admitted.into_inner(), u64::from(probes), "round {round}");
            assert_eq!(rejected.into_inner(), THREADS - u64::from(probes));
            assert_eq!(rig.count(State::Open, State::HalfOpen), 1);
        }
    }
}

#[test]
fn h1_permits_that_come_back_in_every_way_are_neither_lost_nor_doubled() {
    let rig = half_open(3);
    let (inside, most, rejected) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    together(|thread| {
        for call in 0..3_000 {
            let Ok(permit) = rig.breaker.try_acquire() else {
                rejected.fetch_add(1, Ordering::SeqCst);
                thread::yield_now();
                continue;
            };
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
            match (call + thread) % 3 {
                0 => permit.success(),
                1 => permit.record(Outcome::Ignore),
                _ => drop(permit),
            }
        }
    });
    assert!(most.load(Ordering::SeqCst) <= 3);
    assert!(most.into_inner() > 1 && rejected.into_inner() > 0, "the threads never collided");
    assert_eq!(rig.breaker.metrics().in_flight, 0);
    let all = [(); 3].map(|()| rig.breaker.try_acquire().expect("every permit was returned"));
    assert!(rig.breaker.try_acquire().is_err(), "one permit too many");
    drop(all);
    rig.assert_identity();
}
