use std::time::Duration;

use breaker_core::State;

use super::{Account, accounts_agree, nobody_saw_an_error, service_held, transitions_happened};
use crate::dependency::Dependency;
use crate::journal::{Entry, What};
use crate::ledger::Counts;
use crate::script::OUTAGES;
use crate::traffic::Visits;

fn entry(dependency: Dependency, at: Duration, from: State, to: State) -> Entry {
    Entry { at, dependency, what: What::Transition { from, to, cause: String::new() } }
}

/// Every service opens, fails one probe, and recovers after its outage.
fn good() -> Vec<Entry> {
    let second = Duration::from_secs(1);
    let mut entries = Vec::new();
    for outage in OUTAGES {
        let one = |at, from, to| entry(outage.target, at, from, to);
        entries.push(one(outage.from + second / 10, State::Closed, State::Open));
        entries.push(one(outage.from + second, State::Open, State::HalfOpen));
        entries.push(one(outage.from + second, State::HalfOpen, State::Open));
        entries.push(one(outage.until + second / 2, State::Open, State::HalfOpen));
        entries.push(one(outage.until + second, State::HalfOpen, State::Closed));
    }
    entries
}

#[test]
fn the_expected_story_passes() {
    assert_eq!(transitions_happened(&good()), [""; 0]);
}

#[test]
fn a_breaker_that_never_opened_is_named() {
    let entries: Vec<Entry> = good().into_iter().filter(|entry| entry.dependency != Dependency::Cache).collect();
    let faults = transitions_happened(&entries);
    assert!(faults.len() == 1 && faults[0].starts_with("cache: did not open"), "{faults:?}");
}

#[test]
fn a_breaker_that_never_closed_is_named() {
    let mut entries = good();
    entries.pop();
    let faults = transitions_happened(&entries);
    assert!(faults.iter().any(|fault| fault.starts_with("cache: did not probe and close")), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.starts_with("cache: is not closed")), "{faults:?}");
}

#[test]
fn closing_during_the_outage_is_no_recovery() {
    let outage = OUTAGES[0];
    let mut entries = good();
    entries.retain(|entry| entry.dependency != outage.target);
    let early = outage.until.checked_sub(Duration::from_secs(1)).expect("outages are long");
    entries.push(entry(outage.target, outage.from, State::Closed, State::Open));
    entries.push(entry(outage.target, early, State::Open, State::HalfOpen));
    entries.push(entry(outage.target, early, State::HalfOpen, State::Closed));
    assert_eq!(transitions_happened(&entries).len(), 1);
}

#[test]
fn a_lost_call_is_found() {
    let callers = Counts { calls: 10, fresh: 8, fallback: 2, ..Counts::default() };
    let account = Account { requests: 10, successes: 7, failures: 2, rejections: 1, ..Account::default() };
    assert_eq!(accounts_agree(Dependency::S3, account, callers), [""; 0]);
    assert_eq!(accounts_agree(Dependency::S3, Account { successes: 6, ..account }, callers).len(), 1);
    assert_eq!(accounts_agree(Dependency::S3, Account { successes: 6, in_flight: 1, ..account }, callers).len(), 1);
    assert_eq!(accounts_agree(Dependency::S3, account, Counts { calls: 11, ..callers }).len(), 2);
}

#[test]
fn an_error_where_a_fallback_was_due_is_found() {
    let callers = Counts { calls: 10, fresh: 8, fallback: 2, ..Counts::default() };
    assert_eq!(nobody_saw_an_error(Dependency::S3, callers, None), [""; 0]);
    let faults = nobody_saw_an_error(Dependency::S3, Counts { errors: 1, ..callers }, Some("s3: gone"));
    assert!(faults.len() == 1 && faults[0].contains("s3: gone"));
    assert_eq!(nobody_saw_an_error(Dependency::S3, Counts { fallback: 0, ..callers }, None).len(), 1);
}

#[test]
fn a_lost_review_or_request_is_found() {
    let visits = Visits { made: 5, ..Visits::default() };
    assert_eq!(service_held(visits, 3, 3), [""; 0]);
    assert_eq!(service_held(visits, 3, 2).len(), 1);
    assert_eq!(service_held(Visits { lost: 1, ..visits }, 3, 3).len(), 1);
}
