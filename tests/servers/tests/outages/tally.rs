//! What callers count, to be compared with what the breaker counts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use breaker_core::Metrics;

use crate::client::Seen;

/// The results of all calls of one client.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) started: u64,
    pub(crate) answers: u64,
    pub(crate) fallbacks: u64,
    pub(crate) rejected: u64,
    pub(crate) timed_out: u64,
    pub(crate) failed: u64,
    /// Calls that the caller dropped before their end.
    pub(crate) dropped: u64,
    /// Fallbacks and rejections that were there at the first poll.
    pub(crate) at_once: u64,
    /// How long those took. Only the first ones are kept.
    pub(crate) times: Vec<Duration>,
    /// The longest call.
    pub(crate) longest: Duration,
    /// How often callers saw each error.
    pub(crate) errors: BTreeMap<String, u64>,
}

/// How many times are kept.
const TIMES: usize = 1000;

impl Tally {
    pub(crate) fn start(&self) {
        self.change(|counts| counts.started += 1);
    }

    pub(crate) fn drop_call(&self) {
        self.change(|counts| counts.dropped += 1);
    }

    /// Counts a call that has ended after this time.
    pub(crate) fn end(&self, seen: &Seen, took: Duration, at_first_poll: bool) {
        self.change(|counts| {
            *match seen {
                Seen::Answer => &mut counts.answers,
                Seen::Fallback => &mut counts.fallbacks,
                Seen::Rejected => &mut counts.rejected,
                Seen::TimedOut => &mut counts.timed_out,
                Seen::Failed(_) => &mut counts.failed,
            } += 1;
            counts.longest = counts.longest.max(took);
            if at_first_poll && matches!(seen, Seen::Fallback | Seen::Rejected) {
                counts.at_once += 1;
                if counts.times.len() < TIMES {
                    counts.times.push(took);
                }
            }
            let words = match seen {
                Seen::TimedOut => "timed out",
                Seen::Failed(words) => words,
                Seen::Fallback => "fallback",
                Seen::Answer | Seen::Rejected => return,
            };
            *counts.errors.entry(words.to_owned()).or_default() += 1;
        });
    }

    pub(crate) fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Counts {
    /// Compares with the breaker's counters, when no call is in flight. Returns what differs.
    pub(crate) fn compared(&self, breaker: &Metrics) -> Vec<String> {
        let b = breaker;
        let ended = b.successes + b.failures + b.ignored + b.abandoned + b.rejections;
        let bad = self.fallbacks + self.rejected + self.timed_out + self.failed;
        let mut equal = vec![
            ("calls in flight", 0, b.in_flight),
            ("calls", self.started, b.requests),
            ("successes, failures, ignored and abandoned calls and rejections", self.started, ended),
            ("answers", self.answers, b.successes),
            ("other results", bad, b.failures + b.rejections + b.ignored),
            ("dropped calls", self.dropped, b.abandoned),
        ];
        if self.fallbacks == 0 {
            equal.extend([("rejections", self.rejected, b.rejections), ("timeouts", self.timed_out, b.timeouts)]);
        } else {
            equal.push(("fallbacks", self.fallbacks, b.fallback_successes));
        }
        let differ = equal.into_iter().filter(|(_, callers, breaker)| callers != breaker);
        differ.map(|(what, callers, breaker)| format!("{what}: callers {callers}, breaker {breaker}")).collect()
    }

    /// Checks that each rejection was answered at the first poll, without any wait, and the fastest within 5 ms.
    pub(crate) fn answered_at_once(&self, rejections: u64) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.at_once < rejections {
            wrong.push(format!("{rejections} rejections, but only {} were answered without a wait", self.at_once));
        }
        if self.times.iter().min().is_none_or(|best| *best > Duration::from_millis(5)) {
            wrong.push(format!("no rejection was answered within 5 ms: {:?}", self.times.iter().min()));
        }
        wrong
    }

    /// Returns the median time of a rejection with its fallback.
    pub(crate) fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    /// Returns the errors that callers saw, the most frequent first.
    pub(crate) fn seen(&self) -> String {
        let mut errors: Vec<_> = self.errors.iter().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let words: Vec<&str> = errors.into_iter().map(|(words, _)| words.as_str()).take(3).collect();
        words.join(", ")
    }
}
