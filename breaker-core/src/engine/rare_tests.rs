use super::super::policy::tests::NONE;
use super::*;

const BY_COUNT: Limits = Limits { failure_rate: Some(0.5), window: WindowLength::Calls(1), ..NONE };

#[test]
fn a_call_that_remembers_an_older_word_does_not_bring_it_back() {
    let engine = Engine::new(0, BY_COUNT, 0);
    let remembered = engine.word();
    engine.reconfigure(Limits { response_times: false, ..BY_COUNT }, 0);
    // The first call of the window: it is judged, and opens the quick way for those that follow.
    let counts = engine.record_by_count(engine.here(), remembered, Mark { failure: false, slow: false });
    assert_eq!(counts, Some(Counts { requests: 1, failures: 0, slow: 0 }));
    assert!(engine.word().is_placed() && !engine.word().is_timed());
}

#[test]
fn a_call_of_a_window_that_was_replaced_is_placed_nowhere() {
    let engine = Engine::new(0, BY_COUNT, 0);
    let remembered = engine.word();
    engine.reconfigure(Limits { window: WindowLength::Time(1_000), ..BY_COUNT }, 0);
    engine.reconfigure(BY_COUNT, 0);
    let mark = Mark { failure: true, slow: false };
    assert_eq!(engine.record_by_count(engine.here(), remembered, mark), None);
    engine.reset(0);
    assert_eq!(engine.record_by_count(engine.here(), remembered, mark), None);
    assert_eq!(engine.snapshot(0).window, Counts::default());
    assert_eq!(engine.snapshot(0).late, 1, "after the reset it is late, too");
}
