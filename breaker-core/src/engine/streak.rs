//! Failures in a row over all threads, exact, without a line that successes write together. Nothing outside this file
//! touches the bits.
//!
//! Each failure takes the next *number* of its generation. A success leaves the number of the last failure before it in the
//! stripe of its thread. So the run is what has come after the latest of these. A failure looks at its own stripe first: what
//! has come after that stripe's last success is at least the run, and mostly less than a rule asks for.
//!
//! A number and its generation are one word, so that a late call of another generation adds nothing and ends nothing. What
//! is Relaxed: numbers are in the order of one cell, and a success that has ended before a failure is seen by it, because its
//! store has happened before.

use crate::sync::{AtomicU64, Ordering, fence};

/// Bits of the number. A generation with more failures (12 days of a million a second that open nothing) goes on as another one.
const BITS: u32 = 40;
const MASK: u64 = (1 << BITS) - 1;

/// Where the failures of a generation are numbered.
#[derive(Debug)]
pub(crate) struct Streak {
    failures: AtomicU64,
    /// Where counting began, if that was within a generation.
    start: LastEnd,
}

/// The number of the last failure before the last success, in a stripe or at the start.
#[derive(Debug)]
pub(crate) struct LastEnd(AtomicU64);

/// The number of a failure, or of the failure before a success, with its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(u64);

/// Why a failure has no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unnumbered {
    /// A later generation has failures already.
    Late,
    /// Its generation has had as many failures as there are numbers.
    NoneLeft,
}

impl Number {
    /// The failure that was so many before this one.
    pub(crate) fn before(self, run: u64) -> Self {
        Self(self.0 - run)
    }

    /// How many failures there are up to this one since another one of the same generation; 0 if that came later.
    fn since(self, earlier: u64) -> u64 {
        // Of another generation: all of this one.
        count(earlier, self.0).map_or(self.0 & MASK, |earlier| (self.0 & MASK).saturating_sub(earlier))
    }
}

/// The number in a word, if that is of the generation of another word.
#[inline]
fn count(word: u64, like: u64) -> Option<u64> {
    let count = word ^ (like & !MASK);
    (count <= MASK).then_some(count)
}

impl Streak {
    pub(crate) fn new() -> Self {
        Self { failures: AtomicU64::new(0), start: LastEnd::new() }
    }

    /// As after so many failures of this generation that this many numbers are left.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn near_its_end(&self, generation: u64, left: u64) {
        self.failures.store(generation << BITS | (MASK - left), Ordering::Relaxed);
    }

    /// A failure of this generation: its number. `end` is that of the failing thread's stripe.
    pub(crate) fn failure(&self, generation: u64, end: &LastEnd) -> Result<Number, Unnumbered> {
        let first = generation << BITS;
        // A guess, not a load: that would fetch the line for reading, and the exchange fetch it again for writing.
        let mut old = end.0.load(Ordering::Relaxed);
        loop {
            let new = match count(old, first) {
                Some(MASK) => {
                    // The guess may be older than a generation that has failures by now.
                    let seen = self.failures.load(Ordering::Relaxed);
                    if seen == old {
                        return Err(Unnumbered::NoneLeft);
                    }
                    old = seen;
                    continue;
                }
                Some(_) => old + 1,
                None if is_later(old, first) => return Err(Unnumbered::Late),
                None => first + 1,
            };
            // AcqRel pairs with itself in the failure before: a success that its thread had before is in no run with it.
            match self.failures.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Ok(Number(new)),
                Err(seen) => old = seen,
            }
        }
    }

    /// The number of this generation's last failure, if it has one.
    #[inline]
    pub(crate) fn last_failure(&self, generation: u64) -> Option<Number> {
        let word = self.failures.load(Ordering::Relaxed);
        let count = word ^ (generation << BITS);
        (count.wrapping_sub(1) < MASK).then_some(Number(word))
    }

    /// Goes on in a generation that no call knows of yet: after so many failures in a row.
    pub(crate) fn go_on(&self, generation: u64, run: u64) {
        // As long as the longest that a rule can ask for is as long as any.
        let run = run.min(u64::from(u32::MAX));
        // Relaxed: whoever counts in that generation has it from the word, which is published after this.
        self.failures.store(generation << BITS | run, Ordering::Relaxed);
    }

    /// Counts from here on: what has failed in this generation so far is in no run.
    pub(crate) fn begin(&self, generation: u64) {
        if let Some(last) = self.last_failure(generation) {
            self.start.store(last);
        }
        // Release pairs with the fence in `run_at`, by the flags that are written after this.
        fence(Ordering::Release);
    }

    /// How long the run is with this failure, by all last successes. `None` if one of them came after the failure: in
    /// between, there may have been another one.
    pub(crate) fn run_at<'a>(&'a self, failure: Number, ends: impl Iterator<Item = &'a LastEnd>) -> Option<u64> {
        // Acquire pairs with the fence in `begin`.
        fence(Ordering::Acquire);
        let run = ends.chain([&self.start]).map(|end| end.run_at(failure)).min()?;
        (run > 0).then_some(run)
    }
}

/// Whether a word is of a later generation than another one, which it isn't of.
fn is_later(word: u64, other: u64) -> bool {
    let ahead = (word & !MASK).wrapping_sub(other & !MASK);
    word & MASK != 0 && ahead < 1 << (u64::BITS - 1)
}

impl LastEnd {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// By the sole writer.
    #[inline]
    pub(crate) fn store(&self, last_failure: Number) {
        self.0.store(last_failure.0, Ordering::Relaxed);
    }

    /// The same where several threads write: the latest stays.
    pub(crate) fn store_latest(&self, last_failure: Number) {
        let mut old = self.0.load(Ordering::Relaxed);
        let is_earlier = |old: u64| match count(old, last_failure.0) {
            Some(count) => count < last_failure.0 & MASK,
            None => !is_later(old, last_failure.0),
        };
        while is_earlier(old) {
            match self.0.compare_exchange_weak(old, last_failure.0, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(seen) => old = seen,
            }
        }
    }

    /// How many failures of its generation a failure has with itself since this; 0 if this came later.
    #[inline]
    pub(crate) fn run_at(&self, failure: Number) -> u64 {
        failure.since(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const GENERATIONS: [u64; 5] = [1, 7, (1 << 23) - 1, (1 << 24) - 1, (1 << 36) + 5];

    #[test]
    fn a_run_begins_after_the_latest_success() {
        for generation in GENERATIONS {
            let (streak, ends) = (Streak::new(), [LastEnd::new(), LastEnd::new()]);
            let fail = || {
                let number = streak.failure(generation, &ends[0]).expect("no later generation");
                streak.run_at(number, ends.iter())
            };
            assert_eq!(streak.last_failure(generation), None);
            assert_eq!([fail(), fail()], [Some(1), Some(2)]);
            ends[1].store(streak.last_failure(generation).expect("two"));
            assert_eq!([fail(), fail(), fail()], [Some(1), Some(2), Some(3)]);
            ends[0].store(streak.last_failure(generation).expect("five"));
            assert_eq!(fail(), Some(1));
            // A thread whose last success is long ago has the last word in nothing.
            ends[1].store(Number(generation << BITS | 3));
            assert_eq!(fail(), Some(2));
            streak.begin(generation);
            assert_eq!(fail(), Some(1), "what was before the rule is in no run");
            let next = streak.failure(generation + 1, &ends[0]).expect("a later generation");
            assert_eq!(streak.run_at(next, ends.iter()), Some(1), "a new generation has a run of its own");
            let late = (streak.failure(generation, &ends[1]), streak.last_failure(generation));
            assert_eq!(late, (Err(Unnumbered::Late), None));
        }
    }

    #[test]
    fn a_success_after_the_failure_leaves_its_run_unknown() {
        let (streak, end) = (Streak::new(), LastEnd::new());
        let [first, _] = [(); 2].map(|()| streak.failure(3, &end).expect("no later generation"));
        end.store(streak.last_failure(3).expect("two"));
        assert_eq!(streak.run_at(first, [&end].into_iter()), None);
    }

    #[test]
    fn where_threads_share_a_stripe_the_latest_success_stays() {
        let end = LastEnd::new();
        let number = |generation: u64, number: u64| Number(generation << BITS | number);
        for (stored, latest) in
            [((5, 3), (5, 3)), ((5, 2), (5, 3)), ((5, 9), (5, 9)), ((6, 1), (6, 1)), ((5, 10), (6, 1))]
        {
            end.store_latest(number(stored.0, stored.1));
            assert_eq!(end.0.load(Ordering::Relaxed), number(latest.0, latest.1).0, "{stored:?}");
        }
    }

    #[test]
    fn the_numbers_of_a_generation_end_and_the_next_one_goes_on() {
        let (streak, end) = (Streak::new(), LastEnd::new());
        streak.near_its_end(1, 1);
        let last = Number(1 << BITS | MASK);
        assert_eq!([(); 2].map(|()| streak.failure(1, &end)), [Ok(last), Err(Unnumbered::NoneLeft)]);
        assert_eq!(streak.last_failure(1), Some(last));
        end.store(last);
        assert_eq!(streak.failure(1, &end), Err(Unnumbered::NoneLeft), "by the guess, too");
        streak.go_on(2, 7);
        assert_eq!(streak.failure(1, &end), Err(Unnumbered::Late), "although the guess is the old one");
        let eighth = streak.failure(2, &end).expect("it goes on");
        assert_eq!((eighth, streak.run_at(eighth, [&end].into_iter())), (Number(2 << BITS | 8), Some(8)));
        streak.go_on(3, u64::MAX);
        assert_eq!(streak.last_failure(3), Some(Number(3 << BITS | u64::from(u32::MAX))));
    }
}
