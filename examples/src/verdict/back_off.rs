//! A health check that was wrong shortens no open time any more and closes nothing, until calls have closed the circuit.

use std::time::Duration;

use breaker_core::{Cause, Config, Event, EventKind, State};

/// One transition of the service with the wrong check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// On the breaker's own clock, so that the load of the machine can't shorten a wait.
    pub(crate) at: Duration,
    pub(crate) from: State,
    pub(crate) to: State,
    pub(crate) cause: Cause,
}

/// The transitions among these events.
pub(crate) fn changes(events: &[Event]) -> Vec<Change> {
    let transition = |event: &Event| match event.kind {
        EventKind::Transition { from, to, cause, .. } => Some(Change { at: event.at, from, to, cause }),
        _ => None,
    };
    events.iter().filter_map(transition).collect()
}

/// What became of the open times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BackOff {
    /// The open times that no check shortened, though it was green: those after it was wrong.
    pub(crate) waits: Vec<Duration>,
    pub(crate) faults: Vec<String>,
}

/// Goes through the transitions of `prices`.
pub(crate) fn back_off(changes: &[Change], config: &Config) -> BackOff {
    let mut found = BackOff::default();
    let (mut opened, mut reopenings, mut by_check, mut is_wrong) = (Duration::ZERO, 0, false, false);
    for Change { at, from, to, cause } in changes {
        match (from, to) {
            (_, State::Open) => {
                reopenings = if *from == State::Closed { 0 } else { reopenings + 1 };
                is_wrong |= by_check && *cause != Cause::HealthCheckFailed;
                (opened, by_check) = (*at, false);
            }
            (_, State::HalfOpen) => {
                by_check = *cause == Cause::HealthCheckPassed;
                let (waited, due) = (at.saturating_sub(opened), open_time(reopenings, config));
                if is_wrong && by_check {
                    found.faults.push(format!("prices: a check that was wrong ended an open time after {waited:?}"));
                } else if !by_check && waited < due {
                    found.faults.push(format!("prices: was open for {waited:?} only, not for {due:?}"));
                } else if is_wrong {
                    found.waits.push(waited);
                }
            }
            (_, State::Closed) => {
                if is_wrong && matches!(cause, Cause::HealthChecksSucceeded { .. }) {
                    found.faults.push("prices: a check that was wrong closed the circuit".to_owned());
                }
                is_wrong = false;
            }
        }
    }
    if found.faults.is_empty() && found.waits.is_empty() {
        found
            .faults
            .push(format!("prices: no probe failed after a successful check, so nothing was tested ({changes:?})"));
    }
    found
}

/// The open time after so many reopenings.
fn open_time(reopenings: i32, config: &Config) -> Duration {
    let grown = config.open_timeout().mul_f64(config.open_timeout_multiplier().powi(reopenings));
    grown.min(config.open_timeout_max())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use breaker_core::{Cause, Config, State};

    use super::{BackOff, Change, back_off};

    const ELAPSED: Cause = Cause::OpenTimeoutElapsed;
    const PASSED: Cause = Cause::HealthCheckPassed;

    /// The first open time is cut short by the check, the later ones last 2 s and 3 s; then the circuit closes.
    fn held() -> Vec<Change> {
        let (closed, open, half) = (State::Closed, State::Open, State::HalfOpen);
        let story = [
            (1_000, closed, open, Cause::ConsecutiveFailures { failures: 5, threshold: 5 }),
            (1_400, open, half, PASSED),
            (1_500, half, open, Cause::ProbeFailed),
            (3_500, open, half, ELAPSED),
            (3_500, half, open, Cause::ProbeFailed),
            (6_500, open, half, ELAPSED),
            (6_600, half, closed, Cause::ProbesSucceeded { successes: 2 }),
        ];
        story.map(|(at, from, to, cause)| Change { at: Duration::from_millis(at), from, to, cause }).into()
    }

    fn judged(changes: &[Change]) -> BackOff {
        let config = Config::builder().open_timeout(Duration::from_secs(1)).open_timeout_multiplier(2.0);
        back_off(changes, &config.open_timeout_max(Duration::from_secs(3)).build().expect("valid"))
    }

    #[test]
    fn open_times_that_grow_under_a_green_check_pass() {
        let waits = vec![Duration::from_secs(2), Duration::from_secs(3)];
        assert_eq!(judged(&held()), BackOff { waits, faults: Vec::new() });
    }

    #[test]
    fn a_wrong_check_that_shortens_or_closes_is_found() {
        for (place, cause) in [(3, PASSED), (6, Cause::HealthChecksSucceeded { checks: 2, probes: 0 })] {
            let mut changes = held();
            changes[place].cause = cause;
            let faults = judged(&changes).faults;
            assert!(faults.len() == 1 && faults[0].contains("that was wrong"), "{faults:?}");
        }
    }

    #[test]
    fn an_open_time_that_is_too_short_is_found() {
        let mut changes = held();
        changes[5].at -= Duration::from_millis(1);
        assert_eq!(judged(&changes).faults.len(), 1);
    }

    #[test]
    fn a_check_that_was_never_wrong_shows_nothing() {
        let mut changes = held();
        changes[1] = Change { at: Duration::from_secs(2), cause: ELAPSED, ..changes[1] };
        changes.truncate(3);
        assert_eq!(judged(&changes).faults.len(), 1);
        assert_eq!(judged(&[]).faults.len(), 1);
    }

    #[test]
    fn a_failed_check_and_a_closed_circuit_end_the_mistrust() {
        let mut changes = held();
        changes[2].cause = Cause::HealthCheckFailed;
        changes[3] = Change { at: Duration::from_secs(2), cause: PASSED, ..changes[3] };
        assert!(judged(&changes).faults.is_empty());
        let mut twice = held();
        twice.extend(held()[..2].iter().map(|change| Change { at: change.at + Duration::from_secs(9), ..*change }));
        assert!(judged(&twice).faults.is_empty());
    }
}
