//! What must be true at the end. Pure: looks at numbers that others have collected.

mod back_off;
mod nested;
mod outside;

use std::time::Duration;

use breaker_core::{Explanation, HealthReport, HealthStatus, Metrics, Origin, State};

use crate::dependency::Dependency;
use crate::edits::SHORTER;
use crate::journal::{Entry, What, transitions};
use crate::ledger::Counts;
use crate::script::OUTAGES;
use crate::traffic::Visits;

pub(crate) use back_off::{BackOff, back_off, changes};
pub(crate) use nested::probes_made_calls;
pub(crate) use outside::{health_followed, rejections_had_times, unavailable};

/// The counters of a breaker that must add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) requests: u64,
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    pub(crate) ignored: u64,
    pub(crate) abandoned: u64,
    pub(crate) rejections: u64,
    pub(crate) in_flight: u64,
}

impl From<&Metrics> for Account {
    fn from(metrics: &Metrics) -> Self {
        Self {
            requests: metrics.requests,
            successes: metrics.successes,
            failures: metrics.failures,
            ignored: metrics.ignored,
            abandoned: metrics.abandoned,
            rejections: metrics.rejections,
            in_flight: metrics.in_flight,
        }
    }
}

/// Each breaker opened during its outage, probed, and closed after it.
pub(crate) fn transitions_happened(entries: &[Entry]) -> Vec<String> {
    let mut faults = Vec::new();
    for outage in OUTAGES {
        let history = transitions(entries, outage.target);
        let name = outage.target.name();
        let path: Vec<&str> = history.iter().map(|(_, state)| state.as_str()).collect();
        let opened =
            history.iter().position(|(at, state)| *state == State::Open && outage.from <= *at && *at <= outage.until);
        let Some(opened) = opened else {
            faults.push(format!(
                "{name}: did not open between {:?} and {:?} (transitions: {path:?})",
                outage.from, outage.until
            ));
            continue;
        };
        let closed = history[opened..].windows(2).any(|pair| {
            let [(_, from), (at, to)] = pair else { return false };
            *from == State::HalfOpen && *to == State::Closed && *at > outage.until
        });
        if !closed {
            faults.push(format!("{name}: did not probe and close after {:?} (transitions: {path:?})", outage.until));
        }
        if history.last().is_some_and(|(_, state)| *state != State::Closed) {
            faults.push(format!("{name}: is not closed at the end (transitions: {path:?})"));
        }
    }
    faults
}

/// No call is missing in a breaker's account, nor in it twice, and the callers have counted as many, together with the
/// `other` calls: those that were made inside them, and requests that the breaker's layer counted.
pub(crate) fn accounts_agree(dependency: Dependency, account: Account, callers: Counts, other: u64) -> Vec<String> {
    let name = dependency.name();
    let mut faults = Vec::new();
    let Account { requests, successes, failures, ignored, abandoned, rejections, in_flight } = account;
    let sum = successes + failures + ignored + abandoned + rejections + in_flight;
    if requests != sum {
        faults.push(format!("{name}: {requests} requests, but the outcomes add up to {sum} ({account:?})"));
    }
    if in_flight != 0 {
        faults.push(format!("{name}: {in_flight} calls are still in flight at the end"));
    }
    if requests != callers.calls + other {
        faults.push(format!(
            "{name}: the callers made {} calls, and {other} inside them or over HTTP, the breaker counted {requests}",
            callers.calls
        ));
    }
    if callers.calls != callers.ok + callers.degraded + callers.errors {
        faults.push(format!(
            "{name}: {} calls were made, but a different number was answered: {callers:?}",
            callers.calls
        ));
    }
    faults
}

/// Every call degrades here, so no caller may have seen an error; and the outage had an effect on its callers.
pub(crate) fn nobody_saw_an_error(dependency: Dependency, callers: Counts, first: Option<&str>) -> Vec<String> {
    let name = dependency.name();
    let mut faults = Vec::new();
    if callers.errors > 0 {
        faults.push(format!(
            "{name}: {} callers saw an error instead of a degraded answer (first error: {})",
            callers.errors,
            first.unwrap_or("unknown")
        ));
    }
    if callers.degraded == 0 {
        faults.push(format!("{name}: no answer was degraded, so the outage had no effect"));
    }
    faults
}

/// Every request was answered, and every review that was taken is in the database once.
pub(crate) fn service_held(visits: Visits, reviews_taken: u64, reviews_stored: u64) -> Vec<String> {
    let mut faults = Vec::new();
    if visits.failed + visits.lost > 0 {
        faults
            .push(format!("{} of {} requests were not answered, {} panicked", visits.failed, visits.made, visits.lost));
    }
    if reviews_taken != reviews_stored {
        faults.push(format!("{reviews_taken} reviews were accepted, {reviews_stored} are in the database"));
    }
    faults
}

/// How long the circuit of `s3` stayed open before it probed: the longest time of those that began before the edit was
/// applied, and the shortest of those after. (The event comes after the settings, so a short one may begin between them.)
pub(crate) fn waits(entries: &[Entry]) -> Option<(Duration, Duration)> {
    let s3 = Some(Dependency::S3);
    let in_force = entries.iter().find(|entry| entry.dependency == s3 && matches!(entry.what, What::Applied(_)))?.at;
    let history = transitions(entries, Dependency::S3);
    let opened = history.windows(2).filter_map(|pair| match pair {
        [(from, State::Open), (to, State::HalfOpen)] => Some((*from, to.saturating_sub(*from))),
        _ => None,
    });
    let (before, after): (Vec<_>, Vec<_>) = opened.partition(|(from, _)| *from < in_force);
    let time = |(_, wait)| wait;
    Some((before.into_iter().map(time).max()?, after.into_iter().map(time).min()?))
}

/// The valid edit made `s3` probe sooner. The invalid one was rejected once and changed nothing.
pub(crate) fn edits_held(entries: &[Entry], settings: Option<&Explanation>) -> Vec<String> {
    let mut faults = Vec::new();
    match waits(entries) {
        None => faults.push("file: the edit of open_timeout was not applied before s3 recovered".to_owned()),
        Some((before, after)) if after * 2 > before => faults.push(format!(
            "file: the open time of s3 was {before:?} before the edit, and still at least {after:?} after it"
        )),
        Some(_) => {}
    }
    let rejected = entries.iter().filter(|entry| matches!(entry.what, What::Rejected(_))).count();
    if rejected != 1 {
        faults.push(format!("file: the invalid edit was rejected {rejected} times, not once"));
    }
    let open_timeout = settings.and_then(|all| all.values.iter().find(|value| value.key == "open_timeout"));
    let expected = format!("{}ms", SHORTER.as_millis());
    if !open_timeout.is_some_and(|said| said.value == expected && matches!(said.origin, Origin::File(_))) {
        faults.push(format!("file: open_timeout of s3 is not {expected} from the file: {open_timeout:?}"));
    }
    faults
}

/// Every circuit is closed, and the last check of each service that has one was good.
pub(crate) fn all_are_well(health: &HealthReport) -> Vec<String> {
    let mut faults = Vec::new();
    if health.status != HealthStatus::Up {
        faults.push(format!("health: status {:?} at the end", health.status));
    }
    for dependency in [Dependency::Database, Dependency::Cache] {
        let name = dependency.name();
        let check = health.services.iter().find(|one| one.service == name).and_then(|one| one.check.as_ref());
        if check.is_none_or(|check| check.failures > 0 || check.last_error.is_none()) {
            faults.push(format!(
                "{name}: its health check should have failed during the outage and succeed now: {check:?}"
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests;
