//! The sliding window by count: exactly the last N calls over all threads.
//!
//! Successes are alike, so their order doesn't matter: each thread counts its own in its stripe, and writes nothing that
//! another one writes. Only calls that were bad (failed, slow) are placed in order, under the engine's lock: at the
//! number of calls that the window had seen by then, which is all successes of all stripes and the bad calls so far.
//! A bad call has left when N further ones have come.
//!
//! That sum is exact at some moment while it is taken: successes only come, one by one, and it lies between what there
//! were when it began and when it ended. Sums are taken under the lock, so they never go back.

use std::collections::VecDeque;

use super::policy::Counts;
use super::window::Sample;

/// The longest window: so many bad calls are kept, eight bytes each.
pub(crate) const MAX_CALLS: u32 = 1 << 14;

/// What the lock guards of a window by count. `successes` is always what all stripes hold together under the window's tag.
#[derive(Debug, Default)]
pub(crate) struct CountWindow {
    length: u64,
    /// Calls that came before the window, as `seen` counts them.
    before: u64,
    /// Successes that stripes have handed over, so that none of their counts gets full.
    handed_over: u64,
    /// Bad calls that were placed, also those that have left.
    placed: u64,
    /// The bad calls of the window, oldest first.
    bad: VecDeque<Bad>,
    /// Of `bad`.
    failures: u64,
    slow: u64,
}

/// How many calls there were with this one (62 bits), and what it was.
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
    /// An empty window of `length` calls.
    pub(crate) fn restart(&mut self, length: u32) {
        self.bad.clear();
        (self.failures, self.slow) = (0, 0);
        self.bad.reserve(length as usize);
        self.length = u64::from(length);
        // Stripes begin at nothing under the new window.
        self.before = self.seen(0);
    }

    /// Another length; of the calls in the window, those that still fit stay.
    pub(crate) fn resize(&mut self, length: u32, successes: u64) {
        let held = self.counts(successes).requests;
        self.before = self.seen(successes) - held.min(u64::from(length));
        self.length = u64::from(length);
        self.bad.reserve((length as usize).saturating_sub(self.bad.len()));
    }

    /// Places a bad call behind all that came so far; what the window holds then.
    pub(crate) fn place(&mut self, sample: Sample, successes: u64) -> Counts {
        self.placed += 1;
        // One that leaves for this one leaves first, so that there is always room.
        self.let_leave(self.seen(successes));
        self.bad.push_back(Bad::new(self.seen(successes), sample));
        self.failures += u64::from(sample.failure);
        self.slow += u64::from(sample.slow);
        self.counts(successes)
    }

    /// What the window holds.
    pub(crate) fn counts(&mut self, successes: u64) -> Counts {
        let seen = self.seen(successes);
        self.let_leave(seen);
        Counts { requests: (seen - self.before).min(self.length), failures: self.failures, slow: self.slow }
    }

    /// Takes successes out of a stripe's count.
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

    /// The last calls, one by one.
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
