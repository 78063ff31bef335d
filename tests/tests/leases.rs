//! The lease of a probe (rule H4). Without `half_open_timeout` the lease is learned; a lease that is set is applied as
//! it stands, and cuts probes off.

use std::future::pending;
use std::task::Poll;

use breaker_core::{
    CallError, Cause, CircuitBreakerError, Clock, Config, ConfigBuilder, EventKind, Origin, Outcome, Registry, State,
};
use breaker_tests::{Rig, poll_once, rig, s};

/// Opens at one failure, for 30 s.
fn keys() -> ConfigBuilder {
    Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(30.0))
}

/// Waits for the end of the open period, then makes a probe that takes this long. Returns the state after it.
fn probe(rig: &Rig, seconds: f64) -> State {
    while rig.state() == State::Open {
        rig.wait(1.0);
    }
    let probe = rig.breaker.try_acquire().expect("a probe");
    rig.wait(seconds);
    probe.success();
    rig.state()
}

#[test]
fn h4_a_service_whose_calls_take_longer_than_the_lease_closes() {
    let rig = rig(keys().build());
    rig.calls("F");
    assert_eq!(probe(&rig, 45.0), State::Open, "after the lease of 30 s");
    assert_eq!((rig.last_cause(), rig.breaker.metrics().late), (Some(Cause::ProbeTimedOut), 1));
    assert_eq!(probe(&rig, 45.0), State::Closed, "the lease is 90 s now");
    rig.calls("F");
    assert_eq!(probe(&rig, 89.0), State::Closed, "the lease stays at 90 s");
    rig.assert_identity();
}

#[test]
fn h4_a_late_success_teaches_however_the_end_of_its_lease_was_found() {
    for someone_looks in [false, true] {
        let rig = rig(keys().build());
        rig.calls("F");
        rig.wait(30.0);
        let late = rig.breaker.try_acquire().expect("a probe");
        rig.wait(45.0);
        if someone_looks {
            assert_eq!(rig.state(), State::Open);
        }
        late.success();
        assert_eq!((probe(&rig, 80.0), rig.breaker.metrics().late), (State::Closed, 1), "{someone_looks}");
    }
}

#[test]
fn h4_a_late_success_gives_no_time_back_to_a_probe_whose_lease_is_over() {
    let rig = rig(keys().build());
    rig.calls("F");
    rig.wait(30.0);
    let late = rig.breaker.try_acquire().expect("a probe");
    rig.wait(30.0);
    assert_eq!(rig.state(), State::Open);
    rig.wait(30.0);
    let _hangs = rig.breaker.try_acquire().expect("a probe");
    rig.wait(31.0);
    // Nothing has read the state, but the circuit has been open since the lease ended a second ago.
    late.success();
    assert_eq!((rig.state(), rig.breaker.metrics().retry_after), (State::Open, Some(s(29.0))));
    rig.assert_identity();
}

#[test]
fn h4_what_fails_or_is_dropped_late_teaches_nothing() {
    let ends: [fn(breaker_core::Permit); 4] =
        [|p| p.failure(), |p| p.ignore(), drop, |p| p.record(Outcome::OpenFor(s(1.0)))];
    for end in ends {
        let rig = rig(keys().build());
        rig.calls("F");
        rig.wait(30.0);
        let late = rig.breaker.try_acquire().expect("a probe");
        rig.wait(45.0);
        end(late);
        assert_eq!(probe(&rig, 45.0), State::Open);
    }
}

#[test]
fn h4_a_slow_success_teaches_nothing_where_slow_calls_are_a_rule() {
    let rig = rig(keys().slow_call_duration(s(10.0)).slow_call_rate(1.0).build());
    rig.calls("F");
    assert_eq!((probe(&rig, 45.0), probe(&rig, 45.0)), (State::Open, State::Open));
    assert_eq!(rig.last_cause(), Some(Cause::ProbeTimedOut));
}

#[test]
fn h4_the_lease_grows_to_the_longest_open_time_at_most() {
    let rig = rig(keys().open_timeout_max(s(100.0)).build());
    rig.calls("F");
    assert_eq!((probe(&rig, 59.0), probe(&rig, 100.0)), (State::Open, State::Open), "100 s, not 118 s");
    assert_eq!(probe(&rig, 99.0), State::Closed);
    let short = breaker_tests::rig(keys().open_timeout_max(s(30.0)).request_timeout(s(50.0)).build());
    short.calls("F");
    assert_eq!(
        (probe(&short, 60.0), probe(&short, 50.0)),
        (State::Open, State::Open),
        "the minimum from `request_timeout` is longer"
    );
    assert_eq!(probe(&short, 49.0), State::Closed);
}

#[test]
fn h4_a_reset_and_a_key_that_is_set_forget_what_was_learned() {
    let learned = || {
        let rig = rig(keys().build());
        rig.calls("F");
        assert_eq!((probe(&rig, 45.0), probe(&rig, 45.0)), (State::Open, State::Closed));
        rig
    };
    let reset = learned();
    reset.breaker.reset();
    reset.calls("F");
    assert_eq!(probe(&reset, 45.0), State::Open);
    let set = learned();
    set.breaker.reconfigure(keys().half_open_timeout(s(40.0)).build().expect("valid"));
    set.calls("F");
    assert_eq!(
        (probe(&set, 45.0), probe(&set, 45.0)),
        (State::Open, State::Open),
        "a lease that is set does not learn"
    );
    set.breaker.reconfigure(keys().build().expect("valid"));
    assert_eq!(probe(&set, 45.0), State::Open, "learning starts again");
    let other = learned();
    other.breaker.reconfigure(keys().success_threshold(1).failure_threshold(9).build().expect("valid"));
    other.calls("F");
    assert_eq!(probe(&other, 45.0), State::Closed, "a change of another key keeps what was learned");
}

#[test]
fn h4_explain_shows_what_was_learned() {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let slow = registry.get_or_create("slow", keys().build().expect("valid"));
    let lease = || {
        let values = registry.explain("slow").expect("named").values;
        let value = values.into_iter().find(|value| value.key == "half_open_timeout").expect("it has a value");
        (value.value, value.origin)
    };
    assert_eq!(lease(), ("30s".to_owned(), Origin::Default));
    slow.record(Outcome::Failure, s(0.0));
    time.advance(s(30.0));
    let late = slow.try_acquire().expect("a probe");
    time.advance(s(45.0));
    late.success();
    assert_eq!(lease(), ("90s".to_owned(), Origin::Learned));
}

#[test]
fn h4_a_lease_that_somebody_has_set_cuts_an_async_probe_off() {
    let rig = rig(keys().half_open_timeout(s(0.25)).request_timeout(s(10.0)).build());
    rig.calls("F");
    rig.wait(30.0);
    let mut probe = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert_eq!(poll_once(&mut probe), Poll::Pending);
    rig.wait(0.25);
    let cut_off = CallError::Breaker(CircuitBreakerError::timed_out("svc", s(0.25)));
    assert_eq!(poll_once(&mut probe), Poll::Ready(Err(cut_off.clone())));
    let m = rig.breaker.metrics();
    assert_eq!((m.state, m.timeouts, m.failures, m.late), (State::Open, 1, 2, 0), "the call noticed its end itself");
    assert_eq!(rig.last_cause(), Some(Cause::ProbeTimedOut));
    rig.wait(30.0);
    let probe = rig.breaker.try_acquire().expect("a probe").run(pending::<Result<(), ()>>());
    let mut probe = probe.timeout(s(5.0));
    assert_eq!(poll_once(&mut probe), Poll::Pending);
    rig.wait(1.0);
    assert_eq!(rig.state(), State::Open);
    assert_eq!(poll_once(&mut probe), Poll::Ready(Err(cut_off)));
    assert_eq!((rig.breaker.metrics().timeouts, rig.breaker.metrics().late), (2, 1), "the state was read before");
    rig.assert_identity();
}

#[test]
fn h4_a_lease_by_default_cuts_nobody_off() {
    let rig = rig(keys().build());
    rig.calls("F");
    rig.wait(30.0);
    let mut probe = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert_eq!(poll_once(&mut probe), Poll::Pending);
    rig.wait(100.0);
    assert_eq!(poll_once(&mut probe), Poll::Pending);
}

#[test]
fn h4_an_untimed_probe_is_cut_off_too_and_stays_unmeasured() {
    let rig = rig(keys().half_open_timeout(s(2.0)).response_times(false).build());
    rig.calls("F");
    rig.wait(30.0);
    let mut probe = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert_eq!(poll_once(&mut probe), Poll::Pending);
    rig.wait(2.0);
    assert!(poll_once(&mut probe).is_ready());
    assert_eq!((rig.state(), rig.breaker.metrics().response_time.count), (State::Open, 0));
}

#[test]
fn h4_a_longer_lease_gives_no_time_back_to_a_probe_whose_lease_is_over() {
    let rig = rig(keys().half_open_timeout(s(10.0)).build());
    rig.calls("F");
    rig.wait(30.0);
    let probe = rig.breaker.try_acquire().expect("a probe");
    rig.wait(12.0);
    let mut stream = rig.breaker.subscribe();
    rig.breaker.reconfigure(keys().half_open_timeout(s(60.0)).build().expect("valid"));
    let heard = [stream.try_recv(), stream.try_recv()].map(|event| event.expect("two events"));
    assert!(
        matches!(&heard[0].kind, EventKind::Transition { to: State::Open, cause: Cause::ProbeTimedOut, .. }),
        "{heard:?}"
    );
    assert_eq!((heard[0].at, &heard[1].kind, heard[1].at), (s(40.0), &EventKind::Reconfigured, s(42.0)));
    assert_eq!(rig.events().last(), Some(&heard[1]), "listeners have heard both");
    assert_eq!((rig.state(), rig.breaker.metrics().retry_after), (State::Open, Some(s(28.0))));
    probe.success();
    assert_eq!((rig.state(), rig.breaker.metrics().late), (State::Open, 1));
    rig.assert_identity();
}
