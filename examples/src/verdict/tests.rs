use std::time::Duration;

use breaker_config::Loader;
use breaker_core::{Config, Explanation, Registry, State};

use super::{
    Account, accounts_agree, all_are_well, edits_held, nobody_saw_an_error, service_held, transitions_happened, waits,
};
use crate::dependency::Dependency;
use crate::edits::Edit;
use crate::journal::{Entry, What};
use crate::ledger::Counts;
use crate::script::OUTAGES;
use crate::traffic::Visits;

fn entry(dependency: Dependency, at: Duration, from: State, to: State) -> Entry {
    Entry { at, dependency: Some(dependency), what: What::Transition { from, to, cause: String::new() } }
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
    let entries: Vec<Entry> = good().into_iter().filter(|entry| entry.dependency != Some(Dependency::Cache)).collect();
    let faults = transitions_happened(&entries);
    assert!(faults.len() == 1 && faults[0].starts_with("cache: did not open"), "{faults:?}");
}

#[test]
fn a_breaker_that_never_closed_is_named() {
    let mut entries = good();
    entries.pop();
    let faults = transitions_happened(&entries);
    assert!(faults.iter().any(|fault| fault.starts_with("prices: did not probe and close")), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.starts_with("prices: is not closed")), "{faults:?}");
}

#[test]
fn closing_during_the_outage_is_no_recovery() {
    let outage = OUTAGES[0];
    let mut entries = good();
    entries.retain(|entry| entry.dependency != Some(outage.target));
    let early = outage.until.checked_sub(Duration::from_secs(1)).expect("outages are long");
    entries.push(entry(outage.target, outage.from, State::Closed, State::Open));
    entries.push(entry(outage.target, early, State::Open, State::HalfOpen));
    entries.push(entry(outage.target, early, State::HalfOpen, State::Closed));
    assert_eq!(transitions_happened(&entries).len(), 1);
}

#[test]
fn a_lost_call_is_found() {
    let callers = Counts { calls: 10, ok: 8, degraded: 2, ..Counts::default() };
    let account = Account { requests: 10, successes: 7, failures: 2, rejections: 1, ..Account::default() };
    assert_eq!(accounts_agree(Dependency::S3, account, callers, 0), [""; 0]);
    assert_eq!(accounts_agree(Dependency::S3, Account { successes: 6, ..account }, callers, 0).len(), 1);
    assert_eq!(accounts_agree(Dependency::S3, Account { successes: 6, in_flight: 1, ..account }, callers, 0).len(), 1);
    assert_eq!(accounts_agree(Dependency::S3, account, Counts { calls: 11, ..callers }, 0).len(), 2);
}

#[test]
fn a_nested_call_that_is_counted_in_a_probe_is_found() {
    let callers = Counts { calls: 3, ok: 3, ..Counts::default() };
    let account = Account { requests: 5, successes: 5, ..Account::default() };
    assert_eq!(accounts_agree(Dependency::Catalog, account, callers, 2), [""; 0]);
    assert_eq!(accounts_agree(Dependency::Catalog, account, callers, 1).len(), 1);
}

#[test]
fn an_error_instead_of_a_degraded_answer_is_found() {
    let callers = Counts { calls: 10, ok: 8, degraded: 2, ..Counts::default() };
    assert_eq!(nobody_saw_an_error(Dependency::S3, callers, None), [""; 0]);
    let faults = nobody_saw_an_error(Dependency::S3, Counts { errors: 1, ..callers }, Some("s3: gone"));
    assert!(faults.len() == 1 && faults[0].contains("s3: gone"));
    assert_eq!(nobody_saw_an_error(Dependency::S3, Counts { degraded: 0, ..callers }, None).len(), 1);
}

#[test]
fn a_lost_review_or_request_is_found() {
    let visits = Visits { made: 5, ..Visits::default() };
    assert_eq!(service_held(visits, 3, 3), [""; 0]);
    assert_eq!(service_held(visits, 3, 2).len(), 1);
    assert_eq!(service_held(Visits { lost: 1, ..visits }, 3, 3).len(), 1);
}

/// `s3` waits a second before its first probe, and a quarter of one after the edit; the invalid edit is rejected.
fn edited() -> Vec<Entry> {
    let ms = Duration::from_millis;
    let s3 = |at, what| Entry { at: ms(at), dependency: Some(Dependency::S3), what };
    let probe = |at, wait| {
        let change = |from, to| What::Transition { from, to, cause: String::new() };
        [s3(at, change(State::Closed, State::Open)), s3(at + wait, change(State::Open, State::HalfOpen))]
    };
    let rejected = Entry { at: ms(6_000), dependency: None, what: What::Rejected("unknown key".into()) };
    [&probe(2_100, 1_000)[..], &[s3(3_200, What::Applied("reconfigured".into()))], &probe(3_300, 250), &[rejected]]
        .concat()
}

/// What is in force for `s3` after this edit.
fn settings(edit: Edit) -> Option<Explanation> {
    let registry = Registry::new();
    registry.get_or_create("s3", Config::s3());
    let loaded = Loader::new().text("breakers.yaml", edit.text()).load().ok()?;
    loaded.apply_to(&registry).ok()?;
    registry.explain("s3")
}

#[test]
fn an_edit_that_had_its_effect_passes() {
    assert_eq!(edits_held(&edited(), settings(Edit::Correction).as_ref()), [""; 0]);
    assert_eq!(waits(&edited()), Some((Duration::from_secs(1), Duration::from_millis(250))));
}

#[test]
fn an_open_time_that_begins_between_the_edit_and_its_event_is_no_fault() {
    let mut entries = edited();
    let applied = entries.iter().position(|entry| matches!(entry.what, What::Applied(_))).expect("an edit");
    let early = [State::Open, State::HalfOpen].map(|to| entry(Dependency::S3, entries[applied].at, State::Closed, to));
    entries.splice(applied..applied, early);
    for (entry, at) in entries[applied..].iter_mut().zip([3_110, 3_290, 3_120]) {
        entry.at = Duration::from_millis(at);
    }
    entries.sort_by_key(|entry| entry.at);
    assert_eq!(edits_held(&entries, settings(Edit::Correction).as_ref()), [""; 0]);
}

#[test]
fn an_edit_without_effect_is_found() {
    let settings = settings(Edit::ShorterOpenTimeout);
    let never: Vec<Entry> = edited().into_iter().filter(|entry| !matches!(entry.what, What::Applied(_))).collect();
    assert_eq!(edits_held(&never, settings.as_ref()).len(), 1);
    let mut slow = edited();
    slow[4].at += Duration::from_millis(500);
    assert_eq!(edits_held(&slow, settings.as_ref()).len(), 1);
    assert_eq!(edits_held(&edited(), None).len(), 1, "not in force at the end");
}

#[test]
fn an_invalid_edit_that_was_not_rejected_once_is_found() {
    let settings = settings(Edit::Correction);
    let mut twice = edited();
    assert_eq!(edits_held(&twice[..5], settings.as_ref()).len(), 1);
    twice.push(twice[5].clone());
    assert_eq!(edits_held(&twice, settings.as_ref()).len(), 1);
}

#[tokio::test]
async fn a_service_that_is_not_well_or_was_never_checked_is_found() {
    let registry = Registry::new();
    for service in ["database", "cache"] {
        let config = Config::builder().enable_health_check(true).health_check_failures(1);
        registry.get_or_create(service, config.build().expect("valid"));
    }
    assert_eq!(all_are_well(&registry.health()).len(), 2, "no checks");
    let _check = registry.health_check("database", || async { Err("locked") });
    while registry.health().services.iter().all(|one| one.check.is_none()) {
        tokio::task::yield_now().await;
    }
    let faults = all_are_well(&registry.health());
    assert!(faults.len() == 3 && faults[0].contains("Down") && faults[1].contains("locked"), "{faults:?}");
}
