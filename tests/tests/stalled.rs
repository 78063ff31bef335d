//! A half-open circuit whose probes are all ignored never closes: that is told, once until it closes.

use breaker_core::{Config, ConfigBuilder, EventKind, Mode, State};
use breaker_tests::lines::Lines;
use breaker_tests::{Rig, ms, rig, s};
use tracing::Level;

/// A lease of 10 s.
fn keys() -> ConfigBuilder {
    let keys = Config::builder().consecutive_failures(1).success_threshold(2);
    keys.open_timeout(s(5.0)).half_open_timeout(s(10.0))
}

/// Half-open since now, by a probe that was ignored.
fn ignoring(config: ConfigBuilder) -> Rig {
    let rig = rig(config.build());
    rig.calls("F");
    rig.wait(5.0);
    rig.calls("I");
    assert_eq!(rig.state(), State::HalfOpen);
    rig
}

/// For how many seconds all was ignored, by each event.
fn stalls(rig: &Rig) -> Vec<u64> {
    let stall = |event: &breaker_core::Event| match event.kind {
        EventKind::RecoveryStalled { lasted, .. } => Some(lasted.as_secs()),
        _ => None,
    };
    rig.events().iter().filter_map(stall).collect()
}

#[test]
fn ten_leases_of_ignored_probes_are_told_once() {
    let rig = ignoring(keys());
    for _ in 0..9 {
        rig.wait(10.0);
        rig.calls("I");
    }
    rig.wait(9.9);
    rig.calls("I");
    assert_eq!(stalls(&rig), [0; 0], "not before");
    rig.time.advance(ms(100));
    rig.calls("III");
    rig.wait(1_000.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [100]);
    let event = rig.events().pop().expect("the last one");
    assert_eq!((event.at, event.service), (s(105.0), Some("svc")));
    let text = event.to_string();
    assert!(text.starts_with("svc: every probe was ignored for 100s") && text.contains("`failure_if`"), "{text}");
    let json = serde_json::to_value(&event).expect("it is JSON");
    assert_eq!((&json["kind"], &json["lasted"]), (&"recovery_stalled".into(), &100.0.into()));
    // What comes after is not held up.
    rig.calls("SS");
    assert_eq!(rig.events().len(), 4);
    rig.assert_identity();
}

#[test]
fn it_is_told_again_after_the_circuit_closed_and_came_back() {
    let rig = ignoring(keys());
    rig.wait(100.0);
    rig.calls("I");
    // Another opening is no close.
    rig.calls("F");
    rig.wait(5.0);
    rig.calls("I");
    rig.wait(100.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [100]);
    rig.calls("SS F");
    rig.wait(5.0);
    rig.calls("I");
    rig.wait(200.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [100, 200]);
}

#[test]
fn a_result_that_counts_begins_the_time_anew() {
    let rig = ignoring(keys());
    rig.wait(60.0);
    rig.calls("S");
    rig.wait(60.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [0; 0]);
    rig.wait(40.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [100]);
}

#[test]
fn an_abandoned_probe_tells_nothing() {
    let rig = ignoring(keys());
    rig.wait(100.0);
    drop(rig.breaker.try_acquire().expect("a probe"));
    assert_eq!(stalls(&rig), [0; 0], "its result is not known");
    rig.calls("I");
    assert_eq!(stalls(&rig), [100]);
}

#[test]
fn the_time_follows_the_lease_or_without_one_the_open_time() {
    let rig = ignoring(keys().half_open_timeout(None));
    rig.wait(49.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [0; 0]);
    rig.wait(1.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [50]);
    let rig = ignoring(keys());
    rig.breaker.reconfigure(keys().half_open_timeout(s(20.0)).build().expect("valid"));
    rig.wait(199.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [0; 0]);
    rig.wait(1.0);
    rig.calls("I");
    assert_eq!(stalls(&rig), [200]);
}

#[test]
fn a_circuit_that_is_not_half_open_is_not_stalled() {
    let rig = rig(keys().build());
    rig.wait(1_000.0);
    rig.calls("III");
    let probe = {
        rig.calls("F");
        rig.wait(5.0);
        rig.breaker.try_acquire().expect("a probe")
    };
    rig.breaker.set_mode(Mode::ForcedOpen);
    rig.wait(1_000.0);
    probe.ignore();
    rig.breaker.set_mode(Mode::Automatic);
    rig.calls("I");
    assert_eq!(stalls(&rig), [0; 0]);
}

#[test]
fn the_log_has_a_warning_that_says_what_to_do() {
    let lines = Lines::of(Level::WARN, || {
        let rig = ignoring(keys());
        rig.wait(100.0);
        rig.calls("II");
    });
    let [_, line] = lines.as_slice() else { panic!("{lines:#?}") };
    for part in ["WARN", "service=\"svc\"", "lasted_ms=100000", "stays half-open", "failure_if"] {
        assert!(line.contains(part), "no {part:?} in {line:?}");
    }
}
