//! Tests of the monotonic clock on simulated hardware.

use std::sync::atomic::AtomicBool;

use super::super::hand::{CORE, HOUR, Hand, SECOND};
use super::*;

type Clock = Monotonic<Hand>;

/// The counter is lost and comes back; neither adds time nor sets it back.
#[track_caller]
fn calibrated_anew(clock: &'static Clock, calibrations: u64) {
    assert!(!clock.is_counted());
    assert_eq!(clock.wanted(), calibrations, "one calibration for one hand-over");
    let before = clock.now();
    clock.sources.advance(5 * SECOND);
    let before = clock.assert_passed(before, 5 * SECOND);
    let paused = clock.sources.system();
    clock.calibrate();
    assert!(clock.is_counted());
    let before = clock.assert_passed(before, clock.sources.system() - paused);
    clock.sources.advance(7 * SECOND);
    clock.assert_passed(before, 7 * SECOND);
}

#[test]
fn m1_after_hibernation_a_counter_that_is_found_behind_at_a_read_hands_over_at_once() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    CLOCK.sources.advance(HOUR);
    let before = CLOCK.now();
    CLOCK.sources.starts_again();
    CLOCK.sources.advance(30 * SECOND);
    CLOCK.assert_passed(before, 30 * SECOND);
    calibrated_anew(&CLOCK, 2);
}

#[test]
fn m1_a_counter_that_starts_again_and_is_past_its_anchor_is_found_by_the_comparison() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    CLOCK.sources.advance(HOUR);
    let before = CLOCK.now();
    CLOCK.sources.starts_again();
    // Booting takes longer than the machine had been up when the counter was calibrated.
    CLOCK.sources.jump((700 * SECOND).cast_signed());
    assert!(CLOCK.now() < before, "the counter alone doesn't show it");
    assert!(CLOCK.compared_now() >= before);
    CLOCK.assert_passed(before, 0);
    calibrated_anew(&CLOCK, 2);
}

#[test]
fn m1_a_comparison_moves_the_anchor_on_so_that_later_reads_find_a_restored_checkpoint() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    CLOCK.sources.advance(2 * HOUR);
    let before = CLOCK.compared_now();
    CLOCK.assert_passed(before, 0);
    CLOCK.sources.jump(-(HOUR.cast_signed()));
    CLOCK.sources.advance(SECOND);
    CLOCK.assert_passed(before, SECOND);
    calibrated_anew(&CLOCK, 2);
}

#[test]
fn m1_after_a_counter_that_jumps_ahead_time_continues_from_there() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    CLOCK.sources.jump(HOUR.cast_signed());
    let before = CLOCK.now();
    assert!(CLOCK.compared_now() >= before);
    CLOCK.assert_passed(before, 0);
    calibrated_anew(&CLOCK, 2);
}

#[test]
fn m1_a_counter_that_runs_too_fast_is_found_by_the_comparison() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    let mut before = CLOCK.now();
    for _ in 0..30 {
        CLOCK.sources.advance(SECOND);
        if CLOCK.is_counted() {
            CLOCK.sources.jump((10 * MILLI).cast_signed());
        }
        let now = CLOCK.compared_now();
        assert!((SECOND..SECOND + 11 * MILLI).contains(&(now - before)));
        before = now;
    }
    calibrated_anew(&CLOCK, 2);
}

#[test]
fn m1_the_lead_of_a_counter_that_starts_again_is_kept() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    CLOCK.sources.advance(10 * SECOND);
    CLOCK.sources.jump((50 * MILLI).cast_signed());
    let before = CLOCK.compared_now();
    CLOCK.sources.starts_again();
    CLOCK.assert_passed(before, 0);
    calibrated_anew(&CLOCK, 2);
}

#[test]
fn m1_sockets_that_disagree_by_microseconds_hand_nothing_over() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    for round in 0..10_000 {
        CORE.set([0, 20_000, -20_000][round % 3]);
        let before = CLOCK.compared_now();
        CLOCK.assert_passed(before, 0);
        CLOCK.sources.advance([1, MILLI, 2 * SECOND][round % 7 % 3]);
        CLOCK.now();
    }
    assert_eq!((CLOCK.is_counted(), CLOCK.wanted()), (true, 1));
    let drift = CLOCK.sources.system().abs_diff(CLOCK.now());
    assert!(drift < TOLERANCE, "they don't move the time forward: {drift}");
}

#[test]
fn m1_sockets_that_disagree_by_much_are_calibrated_less_and_less_often() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    let start = CLOCK.sources.system();
    for _ in 0..20 {
        CORE.set(-(SECOND.cast_signed()) * 4);
        CLOCK.compared_now();
        assert!(!CLOCK.is_counted());
        CORE.set(0);
        CLOCK.calibrate();
    }
    let each = (CLOCK.sources.system() - start) / 20;
    assert!(each > 30 * SECOND, "{each}");
}

#[test]
fn m1_a_counter_that_starts_again_while_it_is_calibrated_is_calibrated_again() {
    static CLOCKS: [Clock; 4] = [const { Clock::new(Hand::new()) }; 4];
    let jumps = [i64::MIN, -HOUR.cast_signed(), (50 * MILLI).cast_signed(), HOUR.cast_signed()];
    for (clock, jump) in CLOCKS.iter().zip(jumps) {
        clock.sources.advance(2 * HOUR);
        clock.sources.jump.store(jump, Ordering::SeqCst);
        let start = clock.sources.system();
        clock.calibrated();
        assert_eq!(clock.sources.system() - start, 3 * FIRST_CALIBRATION, "two attempts");
        let before = clock.now();
        clock.sources.advance(SECOND);
        clock.assert_passed(before, SECOND);
        clock.compared_now();
        assert!(clock.is_counted());
    }
}

#[test]
fn m1_a_counter_that_stands_still_is_given_up() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.sources.stands.store(true, Ordering::SeqCst);
    CLOCK.start();
    let before = CLOCK.now();
    let start = CLOCK.sources.system();
    CLOCK.calibrate();
    assert!(!CLOCK.is_counted());
    CLOCK.assert_passed(before, CLOCK.sources.system() - start);
}

#[test]
fn m1_a_thread_that_is_held_up_while_the_counter_takes_over_does_not_set_time_back() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.start();
    // The thread is delayed before each reading of the system's clock.
    CLOCK.sources.held_up.store(5 * MILLI, Ordering::SeqCst);
    CLOCK.calibrate();
    CLOCK.sources.held_up.store(0, Ordering::SeqCst);
    assert!(CLOCK.is_counted());
    assert!(CLOCK.now() >= CLOCK.sources.system());
    CLOCK.compared_now();
    assert!(CLOCK.is_counted(), "nor far forward");
}

#[test]
fn m1_a_comparison_that_is_held_up_blames_no_counter() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    CLOCK.sources.advance(SECOND);
    CLOCK.sources.held_up.store(SECOND, Ordering::SeqCst);
    CLOCK.compared_now();
    assert_eq!((CLOCK.is_counted(), CLOCK.wanted()), (true, 1));
}

#[test]
fn m1_a_comparison_that_is_held_up_sets_no_time_back_at_the_next_restart() {
    static CLOCK: Clock = Clock::new(Hand::new());
    CLOCK.calibrated();
    // So long that the clock compares, and so short that the counter is still ahead.
    CLOCK.sources.advance(ANCHOR_AGE + MILLI);
    let ahead = CLOCK.now() - CLOCK.sources.system();
    assert!((1..MARGIN).contains(&ahead), "{ahead}");
    CLOCK.sources.held_up.store(MARGIN, Ordering::SeqCst);
    CLOCK.compared_now();
    CLOCK.sources.held_up.store(0, Ordering::SeqCst);
    let before = CLOCK.now();
    CLOCK.sources.starts_again();
    assert!(CLOCK.now() >= before, "the system's clock, with the lead that the counter had");
}

#[test]
fn m1_no_reader_sees_a_step_back_while_counter_and_system_take_turns() {
    const ROUNDS: u64 = 300;
    static CLOCK: Clock = Clock::new(Hand::new());
    static DONE: AtomicBool = AtomicBool::new(false);
    CLOCK.calibrated();
    let reader = |thread: u64| {
        move || {
            let (mut last, mut turns, mut was_counted) = (0, 0, true);
            for reading in thread.. {
                let now = if reading % 64 == 0 { CLOCK.compared_now() } else { CLOCK.now() };
                assert!(now >= last, "{last} to {now}");
                last = now;
                let is_counted = CLOCK.is_counted();
                turns += u64::from(is_counted != was_counted);
                was_counted = is_counted;
                if DONE.load(Ordering::SeqCst) {
                    break;
                }
            }
            turns
        }
    };
    let readers: Vec<_> = (0..3).map(|thread| std::thread::spawn(reader(thread * 20))).collect();
    for _ in 0..ROUNDS {
        for _ in 0..50 {
            CLOCK.sources.advance(MILLI);
        }
        CLOCK.compared_now();
        CLOCK.sources.starts_again();
        while CLOCK.is_counted() && !readers.iter().any(std::thread::JoinHandle::is_finished) {
            CLOCK.sources.advance(1);
        }
        CLOCK.calibrate();
    }
    DONE.store(true, Ordering::SeqCst);
    let turns: Vec<_> = readers.into_iter().map(|reader| reader.join().expect("no step back")).collect();
    assert_eq!(CLOCK.wanted(), ROUNDS + 1, "one calibration for each restart, however many threads detect it");
    assert!(turns.iter().any(|turns| *turns > 0), "no reader saw a restart: {turns:?}");
}
