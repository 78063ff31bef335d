//! What must be true at the end. Pure: looks at numbers that others have collected.

use breaker_core::{Metrics, State};

use crate::dependency::Dependency;
use crate::journal::{Entry, transitions, word};
use crate::ledger::Counts;
use crate::script::OUTAGES;
use crate::traffic::Visits;

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
        let path: Vec<&str> = history.iter().map(|(_, state)| word(*state)).collect();
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

/// No call is missing in a breaker's account, nor in it twice, and the callers have counted as many.
pub(crate) fn accounts_agree(dependency: Dependency, account: Account, callers: Counts) -> Vec<String> {
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
    if requests != callers.calls {
        faults.push(format!("{name}: the callers made {} calls, the breaker counted {requests}", callers.calls));
    }
    if callers.calls != callers.fresh + callers.fallback + callers.errors {
        faults.push(format!("{name}: {} calls were made, but not as many answered: {callers:?}", callers.calls));
    }
    faults
}

/// Every call has a fallback here, so no caller may have seen an error; and the fallbacks were really needed.
pub(crate) fn nobody_saw_an_error(dependency: Dependency, callers: Counts, first: Option<&str>) -> Vec<String> {
    let name = dependency.name();
    let mut faults = Vec::new();
    if callers.errors > 0 {
        faults.push(format!(
            "{name}: {} callers saw an error where a fallback was due (the first of all: {})",
            callers.errors,
            first.unwrap_or("unknown")
        ));
    }
    if callers.fallback == 0 {
        faults.push(format!("{name}: no caller needed a fallback, so the outage was none"));
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
        faults.push(format!("{reviews_taken} reviews were taken, {reviews_stored} are in the database"));
    }
    faults
}

#[cfg(test)]
mod tests;
