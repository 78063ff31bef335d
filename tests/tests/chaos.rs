//! Callers, clock changes and switches of all kinds at once: the counters still add up.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use breaker_core::{Config, EventKind, Mode, Outcome, State};
use breaker_tests::{Rig, assert_identity, ms, poll_once, rig};

const CALLERS: u64 = 6;
/// Admitted calls of each caller, at least.
const CALLS: u64 = 3_000;
/// Changes of state, at least: on a busy machine, all calls may be made while one mode is in force.
const TRANSITIONS: u64 = 50;

/// What the callers counted, by the outcomes that they reported.
#[derive(Default)]
struct Seen {
    successes: AtomicU64,
    failures: AtomicU64,
    ignored: AtomicU64,
    abandoned: AtomicU64,
    rejections: AtomicU64,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Seen {
    /// Makes one call. Returns whether it was admitted.
    fn call(&self, rig: &Rig, dice: u64) -> bool {
        let Ok(permit) = rig.breaker.try_acquire() else {
            add(&self.rejections);
            thread::yield_now();
            return false;
        };
        if dice.is_multiple_of(5) {
            thread::yield_now();
        }
        match dice % 16 {
            0..=6 => {
                permit.success();
                add(&self.successes);
            }
            7..=12 => {
                permit.failure();
                add(&self.failures);
            }
            13 => {
                permit.ignore();
                add(&self.ignored);
            }
            14 => {
                drop(permit);
                add(&self.abandoned);
            }
            _ => {
                permit.record(Outcome::OpenFor(ms(3)));
                add(&self.failures);
            }
        }
        true
    }
}

/// Returns the next number of an xorshift generator. Any numbers will do, as long as each thread has its own.
fn next(dice: &mut u64) -> u64 {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    *dice
}

fn configs() -> [Config; 4] {
    let base = || Config::builder().open_timeout(ms(5)).half_open_timeout(ms(20)).success_threshold(2);
    [
        base().failure_threshold(5).window(ms(100)),
        base().failure_rate(0.5).window(20).half_open_max_calls(3),
        base().consecutive_failures(3).failure_rate(0.9).window(64),
        base().failure_threshold(9).window(ms(400)).response_times(false),
    ]
    .map(|builder| builder.build().expect("valid"))
}

/// Changes modes, configuration and clock at random until the callers are done.
fn meddle(rig: &Rig, done: &AtomicBool) {
    let (mut dice, configs) = (99_u64, configs());
    while !done.load(Ordering::Acquire) {
        match next(&mut dice) % 12 {
            0 => rig.breaker.set_mode(Mode::ForcedOpen),
            1 => rig.breaker.set_mode(Mode::ForcedClosed),
            2 => rig.breaker.set_mode(Mode::Shadow),
            3..=5 => rig.breaker.set_mode(Mode::Automatic),
            6 => rig.breaker.reset(),
            7 => rig.breaker.reconfigure(configs[usize::try_from(dice % 4).expect("below four")].clone()),
            _ => rig.time.advance(ms(dice % 9)),
        }
        thread::yield_now();
    }
}

/// Joins the callers, then sets `done`, even if a caller has panicked: other threads run until it is set.
fn join_all(callers: Vec<thread::ScopedJoinHandle<'_, ()>>, done: &AtomicBool) {
    let ended: Vec<_> = callers.into_iter().map(thread::ScopedJoinHandle::join).collect();
    done.store(true, Ordering::Release);
    assert!(ended.iter().all(Result::is_ok), "a caller panicked");
}

/// Checks the metrics until `done` is set. Returns how often it did.
fn watch(rig: &Rig, done: &AtomicBool) -> u64 {
    let (mut looks, mut last) = (0, rig.breaker.metrics());
    while !done.load(Ordering::Acquire) {
        assert_identity(&rig.breaker);
        let now = rig.breaker.metrics();
        let ended = now.requests - now.rejections - now.in_flight;
        assert!(now.slow <= ended && now.late <= ended, "{now:?}");
        assert!(now.requests >= last.requests && now.failures >= last.failures, "{last:?} then {now:?}");
        assert!(now.successes >= last.successes && now.rejections >= last.rejections, "{last:?} then {now:?}");
        last = now;
        looks += 1;
    }
    looks
}

#[test]
fn everything_at_once_still_adds_up() {
    let [first, ..] = configs();
    let rig = rig(Ok(first));
    let (seen, done, barrier) = (Seen::default(), AtomicBool::new(false), Barrier::new(8));
    let looks = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (rig, seen, barrier) = (&rig, &seen, &barrier);
                scope.spawn(move || {
                    let mut dice = 0x9e37_79b9_7f4a_7c15 ^ caller;
                    barrier.wait();
                    let mut left = CALLS;
                    while left > 0 || rig.breaker.metrics().transitions.total() < TRANSITIONS {
                        left = left.saturating_sub(u64::from(seen.call(rig, next(&mut dice))));
                    }
                })
            })
            .collect();
        let watcher = scope.spawn(|| {
            barrier.wait();
            watch(&rig, &done)
        });
        scope.spawn(|| {
            barrier.wait();
            meddle(&rig, &done);
        });
        join_all(callers, &done);
        watcher.join().expect("every snapshot added up")
    });
    assert!(looks > 0);
    let m = rig.breaker.metrics();
    let counted = [m.successes, m.failures, m.ignored, m.abandoned, m.rejections];
    let seen =
        [seen.successes, seen.failures, seen.ignored, seen.abandoned, seen.rejections].map(AtomicU64::into_inner);
    assert_eq!((counted, m.in_flight), (seen, 0));
    assert!(m.requests - m.rejections >= CALLERS * CALLS, "{m:?}");
    assert!(seen.iter().all(|count| *count > 0), "a kind of end never occurred: {seen:?}");
    assert_chain(&rig);
}

/// Checks that each transition has one event, that the events form an unbroken chain, and that their number is the one
/// counted.
fn assert_chain(rig: &Rig) {
    rig.hear_all();
    assert_eq!(rig.breaker.metrics().dropped_events, 0);
    let mut state = State::Closed;
    for (from, to) in rig.transitions() {
        assert_eq!(from, state);
        assert_ne!(from, to);
        state = to;
    }
    let counted = rig.breaker.metrics().transitions;
    assert_eq!(counted.total(), rig.transitions().len() as u64);
    assert_eq!(counted.closed_to_open, rig.count(State::Closed, State::Open) as u64);
    assert_eq!(counted.half_open_to_open, rig.count(State::HalfOpen, State::Open) as u64);
    assert!(counted.total() >= TRANSITIONS, "hardly anything happened: {counted:?}");

    let mut mode = Mode::Automatic;
    for event in rig.events() {
        if let EventKind::ModeChanged { from, to, .. } = event.kind {
            assert_eq!(from, mode);
            mode = to;
        }
    }
    assert_eq!(mode, rig.breaker.mode());
}

#[test]
fn timeouts_are_never_more_than_failures_in_any_snapshot() {
    let rig = rig(Config::builder().failure_threshold(1_000_000).request_timeout(ms(1)).build());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&rig, &done));
        let callers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..4_000 {
                        let mut call = Box::pin(rig.breaker.call_async(std::future::pending::<Result<(), ()>>()));
                        // Another thread may advance the clock during the poll.
                        while poll_once(&mut call).is_pending() {
                            rig.time.advance(ms(1));
                        }
                    }
                })
            })
            .collect();
        join_all(callers, &done);
        assert!(watcher.join().expect("every snapshot added up") > 0);
    });
    let m = rig.breaker.metrics();
    assert_eq!((m.timeouts, m.failures), (12_000, 12_000));
}
