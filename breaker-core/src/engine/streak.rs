//! Exact consecutive failures across threads, without a cache line that all successes write. Only this file accesses
//! the bits.
//!
//! Each failure takes the next *number* of its generation. A success stores the number of the last failure before it in
//! the stripe of its thread. So the run is the failures after the latest of these numbers. A failure reads its own
//! stripe first: the failures since that stripe's last success are at least the run, and usually fewer than a rule
//! requires.
//!
//! A number and its generation share one word, so a late call of another generation adds nothing and ends no run. Most
//! accesses are Relaxed: numbers are in the modification order of one cell, and a failure sees every success that ended
//! before it, because the success's store happened before.

use crate::sync::{AtomicU64, Ordering, fence};

/// Bits of the number. A generation with more failures (12 days at a million a second without a trip) continues as
/// another one.
const BITS: u32 = 40;
const MASK: u64 = (1 << BITS) - 1;

/// Numbers the failures of a generation.
#[derive(Debug)]
pub(crate) struct Streak {
    failures: AtomicU64,
    /// Where counting began, if that was within a generation.
    start: LastEnd,
}

/// The number of the last failure before the last success of a stripe, or before the start of counting.
#[derive(Debug)]
pub(crate) struct LastEnd(AtomicU64);

/// The number of a failure, with its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(u64);

/// Why a failure gets no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unnumbered {
    /// A later generation already has failures.
    Late,
    /// Its generation has used all numbers.
    NoneLeft,
}

impl Number {
    /// Returns the number that is `run` failures earlier.
    pub(crate) fn before(self, run: u64) -> Self {
        Self(self.0 - run)
    }

    /// Returns the failures after another failure of the same generation, up to this one; 0 if the other one came
    /// later.
    fn since(self, earlier: u64) -> u64 {
        // `earlier` is of another generation, so all failures of this one count.
        count(earlier, self.0).map_or(self.0 & MASK, |earlier| (self.0 & MASK).saturating_sub(earlier))
    }
}

/// Returns the number in a word, if the word has the same generation as another word.
#[inline]
fn count(word: u64, like: u64) -> Option<u64> {
    let count = word ^ (like & !MASK);
    (count <= MASK).then_some(count)
}

impl Streak {
    pub(crate) fn new() -> Self {
        Self { failures: AtomicU64::new(0), start: LastEnd::new() }
    }

    /// Leaves this many numbers to a generation.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn near_its_end(&self, generation: u64, left: u64) {
        self.failures.store(generation << BITS | (MASK - left), Ordering::Relaxed);
    }

    /// Returns the number of a failure of this generation. `end` belongs to the failing thread's stripe.
    pub(crate) fn failure(&self, generation: u64, end: &LastEnd) -> Result<Number, Unnumbered> {
        let first = generation << BITS;
        // A guess instead of a load: a load would fetch the cache line for reading, and the exchange fetch it again for
        // writing.
        let mut old = end.0.load(Ordering::Relaxed);
        loop {
            let new = match count(old, first) {
                Some(MASK) => {
                    // The guess may be of a generation older than the stored one.
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
            // AcqRel pairs with itself in the previous failure: earlier successes of that failure's thread are visible,
            // and end the run.
            match self.failures.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Ok(Number(new)),
                Err(seen) => old = seen,
            }
        }
    }

    /// Returns the number of this generation's last failure, if it has one.
    #[inline]
    pub(crate) fn last_failure(&self, generation: u64) -> Option<Number> {
        let word = self.failures.load(Ordering::Relaxed);
        let count = word ^ (generation << BITS);
        (count.wrapping_sub(1) < MASK).then_some(Number(word))
    }

    /// Continues in a generation that no call knows yet, after `run` consecutive failures.
    pub(crate) fn go_on(&self, generation: u64, run: u64) {
        // A longer run than any rule can require makes no difference.
        let run = run.min(u64::from(u32::MAX));
        // Relaxed: a call learns of that generation from the word, which is published after this.
        self.failures.store(generation << BITS | run, Ordering::Relaxed);
    }

    /// Starts counting here: earlier failures of this generation belong to no run.
    pub(crate) fn begin(&self, generation: u64) {
        if let Some(last) = self.last_failure(generation) {
            self.start.store(last);
        }
        // Release pairs with the fence in `run_at`, through the flags that are written after this.
        fence(Ordering::Release);
    }

    /// Returns the length of the run up to this failure, given all last successes. `None` if one of them came after the
    /// failure: then there may have been another success in between.
    pub(crate) fn run_at<'a>(&'a self, failure: Number, ends: impl Iterator<Item = &'a LastEnd>) -> Option<u64> {
        // Acquire pairs with the fence in `begin`.
        fence(Ordering::Acquire);
        let run = ends.chain([&self.start]).map(|end| end.run_at(failure)).min()?;
        (run > 0).then_some(run)
    }
}

/// Whether a word is of a later generation than another word of a different generation.
fn is_later(word: u64, other: u64) -> bool {
    let ahead = (word & !MASK).wrapping_sub(other & !MASK);
    word & MASK != 0 && ahead < 1 << (u64::BITS - 1)
}

impl LastEnd {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Stores the number. Requires the sole writer.
    #[inline]
    pub(crate) fn store(&self, last_failure: Number) {
        self.0.store(last_failure.0, Ordering::Relaxed);
    }

    /// Stores the number if it is later than the stored one, for cells that several threads write.
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

    /// Returns the failures of the same generation after this success, up to and including `failure`; 0 if the success
    /// came later.
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
            // The older success of another thread makes no difference.
            ends[1].store(Number(generation << BITS | 3));
            assert_eq!(fail(), Some(2));
            streak.begin(generation);
            assert_eq!(fail(), Some(1), "failures before the rule belong to no run");
            let next = streak.failure(generation + 1, &ends[0]).expect("a later generation");
            assert_eq!(streak.run_at(next, ends.iter()), Some(1), "a new generation starts a new run");
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
        assert_eq!(streak.failure(1, &end), Err(Unnumbered::NoneLeft), "also with an equal guess");
        streak.go_on(2, 7);
        assert_eq!(streak.failure(1, &end), Err(Unnumbered::Late), "although the guess is outdated");
        let eighth = streak.failure(2, &end).expect("the next generation has numbers");
        assert_eq!((eighth, streak.run_at(eighth, [&end].into_iter())), (Number(2 << BITS | 8), Some(8)));
        streak.go_on(3, u64::MAX);
        assert_eq!(streak.last_failure(3), Some(Number(3 << BITS | u64::from(u32::MAX))));
    }
}
