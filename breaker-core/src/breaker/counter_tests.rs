//! Breakers on a machine whose counter restarts (rule M1).

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Wake, Waker};

use super::*;
use crate::clock::Monotonic;
use crate::clock::hand::{HOUR, Hand, SECOND};
use crate::event::Mode;
use crate::timer::Timer;

type Machine = Monotonic<Hand>;

/// Two machines for a test: a restart is detected by a read that goes back on one, and only by the comparison on the
/// other.
const fn machines() -> [Machine; 2] {
    [const { Machine::new(Hand::new()) }; 2]
}

fn breaker(machine: &'static Machine) -> CircuitBreaker {
    let config = Config::builder().consecutive_failures(2).success_threshold(1).build().expect("valid");
    CircuitBreaker::with_clock("svc", config, Clock::of(machine))
}

fn fail(breaker: &CircuitBreaker) {
    let _ = breaker.call(|| Err::<(), _>(()));
}

/// The machine hibernates, and its counter restarts, below or above the anchor.
fn hibernate(machine: &Machine, is_below: bool) {
    machine.machine().starts_again();
    if !is_below {
        machine.machine().jump((700 * SECOND).cast_signed());
    }
}

#[test]
fn m1_an_open_circuit_probes_after_its_open_time_although_the_counter_has_started_again() {
    static MACHINES: [Machine; 2] = machines();
    for (machine, is_below) in MACHINES.iter().zip([true, false]) {
        let breaker = breaker(machine);
        machine.machine().advance(5 * HOUR);
        fail(&breaker);
        fail(&breaker);
        assert!(breaker.peek().is_err());
        // The anchor is that of the trip, so the counter is below it in any case.
        hibernate(machine, is_below);
        machine.machine().advance(29 * SECOND);
        assert!(breaker.call(|| Ok::<_, ()>(())).is_err());
        machine.machine().advance(2 * SECOND);
        assert_eq!(breaker.call(|| Ok::<_, ()>(())), Ok(()));
        assert_eq!(breaker.state(), State::Closed);
    }
}

#[test]
fn m1_a_trip_that_finds_the_counter_behind_opens_for_the_whole_open_time() {
    static MACHINES: [Machine; 2] = machines();
    for (machine, is_below) in MACHINES.iter().zip([true, false]) {
        let breaker = breaker(machine);
        machine.machine().advance(5 * HOUR);
        hibernate(machine, is_below);
        fail(&breaker);
        fail(&breaker);
        assert!(!machine.is_counted());
        machine.machine().advance(29 * SECOND);
        assert_eq!(breaker.state(), State::Open);
        machine.calibrate();
        machine.machine().advance(2 * SECOND);
        assert_eq!(breaker.state(), State::HalfOpen);
    }
}

#[test]
fn m1_everything_that_takes_the_lock_compares_the_counter_with_the_systems_clock() {
    type Doing = fn(&CircuitBreaker);
    const DOINGS: [(&str, Doing); 9] = [
        ("peek", |breaker| drop(breaker.peek())),
        ("call", |breaker| drop(breaker.call(|| Ok::<_, ()>(())))),
        ("state", |breaker| assert_ne!(breaker.state(), State::Closed)),
        ("metrics", |breaker| assert_eq!(breaker.metrics().failures, 2)),
        ("mode", |breaker| assert_eq!(breaker.mode(), Mode::Automatic)),
        ("set_mode", |breaker| breaker.set_mode(Mode::Shadow)),
        ("reset", CircuitBreaker::reset),
        ("reconfigure", |breaker| breaker.reconfigure(Config::default())),
        ("isolate", |breaker| drop(breaker.isolate())),
    ];
    static MACHINES: [Machine; DOINGS.len()] = [const { Machine::new(Hand::new()) }; DOINGS.len()];
    for (machine, (what, doing)) in MACHINES.iter().zip(DOINGS) {
        let breaker = breaker(machine);
        fail(&breaker);
        fail(&breaker);
        machine.machine().advance(40 * SECOND);
        // Ahead, so that a read alone can't detect it.
        machine.machine().jump(HOUR.cast_signed());
        doing(&breaker);
        assert!(!machine.is_counted(), "{what}");
    }
}

#[test]
fn m1_a_window_slides_on_although_the_counter_has_started_again() {
    static MACHINES: [Machine; 2] = machines();
    for (machine, is_below) in MACHINES.iter().zip([true, false]) {
        let config = Config::builder().failure_threshold(3).build().expect("valid");
        let breaker = CircuitBreaker::with_clock("svc", config, Clock::of(machine));
        machine.machine().advance(5 * HOUR);
        fail(&breaker);
        fail(&breaker);
        hibernate(machine, is_below);
        assert_eq!(breaker.metrics().window.failures, 2);
        machine.machine().advance(61 * SECOND);
        assert_eq!(breaker.metrics().window.failures, 0);
        fail(&breaker);
        assert_eq!(breaker.state(), State::Closed);
    }
}

struct Tell(Mutex<Sender<()>>);

impl Wake for Tell {
    fn wake(self: Arc<Self>) {
        let _ = self.0.lock().expect("not poisoned").send(());
    }
}

#[test]
fn m1_a_timer_that_is_woken_finds_that_its_time_is_over_although_the_counter_has_started_again() {
    static MACHINES: [Machine; 2] = machines();
    for (machine, is_below) in MACHINES.iter().zip([true, false]) {
        let clock = Clock::of(machine);
        machine.machine().advance(5 * HOUR);
        let (sender, woken) = channel();
        let waker = Waker::from(Arc::new(Tell(Mutex::new(sender))));
        let mut timer = Box::pin(Timer::new(&clock, clock.now() + SECOND / 100));
        let mut poll = || timer.as_mut().poll(&clock, &mut Context::from_waker(&waker));
        assert_eq!(poll(), Poll::Pending);
        hibernate(machine, is_below);
        machine.machine().advance(SECOND / 100);
        // At most two polls, because the first may be the one that compares.
        let polls = (0..2).take_while(|_| {
            woken.recv().expect("the alarm has it");
            poll().is_pending()
        });
        assert!(polls.count() < 2);
    }
}
