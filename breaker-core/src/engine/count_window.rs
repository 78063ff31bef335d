//! The count-based sliding window: exactly the last N calls across threads.
//!
//! The order of successes doesn't matter, so each thread counts its own in its stripe, without sharing a write. Only
//! bad calls (failed or slow) are placed in order, under the engine's lock. The position of a bad call is the number of
//! calls that the window had seen by then: the successes of all stripes plus the bad calls so far. A bad call leaves
//! the window after N further calls.
//!
//! The sum of successes is exact for some moment while it is taken: successes only increase, one by one, and the sum
//! lies between their number at its start and at its end. Sums are taken under the lock, so they never decrease.

use std::collections::VecDeque;

use super::policy::Counts;
use super::window::Sample;

/// Maximum length of a window: it limits the stored bad calls, eight bytes each.
pub(crate) const MAX_CALLS: u32 = 1 << 14;

/// State of a count-based window, under the lock. `successes` is always the sum of all stripes under the window's tag.
#[derive(Debug, Default)]
pub(crate) struct CountWindow {
    length: u64,
    /// Calls before the window started, counted like `seen`.
    before: u64,
    /// Successes moved here from stripes, so that their counts never overflow.
    handed_over: u64,
    /// Bad calls placed so far, including those that have left.
    placed: u64,
    /// Bad calls in the window, oldest first.
    bad: VecDeque<Bad>,
    /// Failures among `bad`, then slow calls.
    failures: u64,
    slow: u64,
}

/// The position of a bad call (62 bits), and whether it failed or was slow.
#[derive(Clone, Copy, Debug)]
struct Bad(u64);

impl Bad {
    fn new(at: u64, sample: Sample) -> Self {
        Self(at << 2 | u64::from(sample.failure) << 1 | u64::from(sample.slow))
    }

    fn at(self) -> u64 {
        self.0 >> 2
    }

    fn failures(self) -> u64 {
        self.0 >> 1 & 1
    }

    fn slow(self) -> u64 {
        self.0 & 1
    }
}

impl CountWindow {
    /// Starts an empty window of `length` calls.
    pub(crate) fn restart(&mut self, length: u32) {
        self.bad.clear();
        (self.failures, self.slow) = (0, 0);
        self.bad.reserve(length as usize);
        self.length = u64::from(length);
        // Stripes start at zero under the new window.
        self.before = self.seen(0);
    }

    /// Changes the length and keeps the newest calls that fit.
    pub(crate) fn resize(&mut self, length: u32, successes: u64) {
        let held = self.counts(successes).requests;
        self.before = self.seen(successes) - held.min(u64::from(length));
        self.length = u64::from(length);
        self.bad.reserve((length as usize).saturating_sub(self.bad.len()));
    }

    /// Places a bad call after all calls so far, and returns the counts of the window.
    pub(crate) fn place(&mut self, sample: Sample, successes: u64) -> Counts {
        self.placed += 1;
        // Calls that leave are removed first, so that the capacity is enough.
        self.let_leave(self.seen(successes));
        self.bad.push_back(Bad::new(self.seen(successes), sample));
        self.failures += u64::from(sample.failure);
        self.slow += u64::from(sample.slow);
        self.counts(successes)
    }

    /// Returns the counts of the window.
    pub(crate) fn counts(&mut self, successes: u64) -> Counts {
        let seen = self.seen(successes);
        self.let_leave(seen);
        Counts { requests: (seen - self.before).min(self.length), failures: self.failures, slow: self.slow }
    }

    /// Adds successes that were taken out of a stripe.
    pub(crate) fn hand_over(&mut self, successes: u64) {
        self.handed_over += successes;
    }

    fn seen(&self, successes: u64) -> u64 {
        self.handed_over + self.placed + successes
    }

    fn let_leave(&mut self, seen: u64) {
        let last_gone = seen.saturating_sub(self.length).max(self.before);
        while let Some(bad) = self.bad.front().copied()
            && bad.at() <= last_gone
        {
            self.failures -= bad.failures();
            self.slow -= bad.slow();
            self.bad.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stores the last calls one by one.
    struct Model {
        length: usize,
        calls: VecDeque<Option<Sample>>,
    }

    impl Model {
        fn push(&mut self, call: Option<Sample>) {
            self.calls.push_back(call);
            self.shorten();
        }

        fn shorten(&mut self) {
            while self.calls.len() > self.length {
                self.calls.pop_front();
            }
        }

        fn counts(&self) -> Counts {
            let count =
                |which: fn(&Sample) -> bool| self.calls.iter().flatten().filter(|sample| which(sample)).count() as u64;
            Counts { requests: self.calls.len() as u64, failures: count(|m| m.failure), slow: count(|m| m.slow) }
        }
    }

    fn sample(step: u32) -> Option<Sample> {
        let sample = Sample { failure: step.is_multiple_of(3) || step % 7 == 1, slow: step.is_multiple_of(5) };
        (sample.failure || sample.slow).then_some(sample)
    }

    #[test]
    fn the_window_holds_exactly_the_last_calls_also_when_its_length_changes() {
        for length in 1..=9_u32 {
            let (mut window, mut successes) = (CountWindow::default(), 0);
            window.restart(length);
            let mut model = Model { length: length as usize, calls: VecDeque::new() };
            for step in 0..400_u32 {
                let call = sample(step);
                model.push(call);
                match call {
                    Some(sample) => assert_eq!(window.place(sample, successes), model.counts()),
                    None => successes += 1,
                }
                assert_eq!(window.counts(successes), model.counts(), "{length} calls, step {step}");
                if step % 41 == 40 {
                    model.length = (step % 13 + 1) as usize;
                    model.shorten();
                    window.resize(step % 13 + 1, successes);
                    assert_eq!(window.counts(successes), model.counts());
                }
            }
        }
    }

    #[test]
    fn a_window_that_starts_anew_is_empty_and_counts_on() {
        let mut window = CountWindow::default();
        window.restart(4);
        window.place(Sample { failure: true, slow: false }, 2);
        window.restart(4);
        assert_eq!(window.counts(0), Counts::default());
        assert_eq!(window.counts(2), Counts { requests: 2, failures: 0, slow: 0 });
    }

    #[test]
    fn what_a_stripe_hands_over_stays_counted() {
        let mut window = CountWindow::default();
        window.restart(100);
        window.place(Sample { failure: true, slow: true }, 30);
        window.hand_over(30);
        assert_eq!(window.counts(0), Counts { requests: 31, failures: 1, slow: 1 });
        assert_eq!(window.counts(99), Counts { requests: 100, failures: 1, slow: 1 });
        assert_eq!(window.counts(100), Counts { requests: 100, failures: 0, slow: 0 });
    }
}
