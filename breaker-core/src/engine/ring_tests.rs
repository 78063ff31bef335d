use std::collections::VecDeque;

use super::*;

const GOOD: Mark = Mark { failure: false, slow: false };
const BAD: Mark = Mark { failure: true, slow: false };

fn record(ring: &Ring, mark: Mark) -> Counts {
    ring.record(mark, || true).expect("the window is current")
}

#[test]
fn the_window_holds_exactly_the_last_calls() {
    for length in 1..=9_u32 {
        let ring = Ring::new(length.next_power_of_two());
        ring.restart(length);
        let mut model = VecDeque::new();
        for step in 0..200_u32 {
            let mark = Mark { failure: step % 3 == 0 || step % 7 == 1, slow: step % 5 == 0 };
            model.push_back(mark);
            if model.len() > length as usize {
                model.pop_front();
            }
            let counts = record(&ring, mark);
            let count = |which: fn(&Mark) -> bool| model.iter().filter(|mark| which(mark)).count() as u64;
            assert_eq!(counts.requests, model.len() as u64);
            assert_eq!((counts.failures, counts.slow), (count(|m| m.failure), count(|m| m.slow)));
            assert_eq!(ring.counts(), counts);
            assert_eq!(ring.newest(length), Vec::from(model.clone()));
        }
    }
}

#[test]
fn a_restarted_window_is_empty_and_a_call_of_the_old_one_stays_out() {
    let ring = Ring::new(4);
    record(&ring, BAD);
    ring.restart(3);
    assert_eq!(ring.counts(), Counts::default());
    assert_eq!(ring.record(BAD, || false), None);
    assert_eq!(record(&ring, GOOD), Counts { requests: 1, failures: 0, slow: 0 });
}

#[test]
fn tickets_wrap() {
    let ring = Ring::new(4);
    ring.head.store(
        Head { ticket: TICKET_MASK - 5, full: false, failures: 0, slow: 0, newest: EMPTY }.pack(),
        Ordering::Relaxed,
    );
    ring.restart(4);
    for step in 0..20 {
        let counts = record(&ring, if step % 2 == 0 { BAD } else { GOOD });
        assert_eq!(counts.requests, (step + 1).min(4));
        assert_eq!(counts.failures, counts.requests.div_ceil(2));
    }
}

#[test]
fn threads_lose_and_double_nothing() {
    let ring = Ring::new(8);
    ring.restart(7);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let ring = &ring;
            scope.spawn(move || {
                for step in 0..50_000 {
                    let counts = record(ring, if (step + thread) % 3 == 0 { BAD } else { GOOD });
                    assert!(counts.requests <= 7 && counts.failures <= counts.requests);
                }
            });
        }
    });
    let held = ring.newest(7);
    assert_eq!(held.len(), 7);
    assert_eq!(ring.counts().failures, held.iter().filter(|mark| mark.failure).count() as u64);
    for _ in 0..7 {
        record(&ring, GOOD);
    }
    assert_eq!(ring.counts(), Counts { requests: 7, failures: 0, slow: 0 });
}
