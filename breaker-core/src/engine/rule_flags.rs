//! What callers must know of the rules before a verdict, in one word. Only this file accesses its bits.

use super::limits::{Limits, WindowLength};
use super::window::Sample;

const SUCCESS_CAN_TRIP: u64 = 1;
const PLACES_SUCCESSES: u64 = 1 << 1;
const STREAK: u64 = 1 << 2;
const WINDOW: u64 = 1 << 3;
const BY_COUNT: u64 = 1 << 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuleFlags(u64);

impl RuleFlags {
    pub(crate) fn of(limits: &Limits) -> Self {
        let flag = |on: bool, bit: u64| if on { bit } else { 0 };
        let rules = limits.rules();
        Self(
            flag(rules.success_can_trip(), SUCCESS_CAN_TRIP)
                | flag(limits.places_successes(), PLACES_SUCCESSES)
                | flag(rules.consecutive_failures.is_some(), STREAK)
                | flag(rules.window_can_trip(), WINDOW)
                | flag(matches!(limits.window, WindowLength::Calls(_)), BY_COUNT),
        )
    }

    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// Whether consecutive failures are counted across threads.
    #[inline]
    pub(crate) fn count_streak(self) -> bool {
        self.0 & STREAK != 0
    }

    /// Whether the window is count-based.
    #[inline]
    pub(crate) fn are_by_count(self) -> bool {
        self.0 & BY_COUNT != 0
    }

    /// Whether such a call is placed in the window.
    #[inline]
    pub(crate) fn place(self, sample: Sample) -> bool {
        sample.is_bad() || self.0 & PLACES_SUCCESSES != 0
    }

    /// Whether a rule on the window may fire after such a call.
    #[inline]
    pub(crate) fn can_trip(self, sample: Sample) -> bool {
        self.0 & if sample.is_bad() { WINDOW } else { SUCCESS_CAN_TRIP } != 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::limits::tests::NONE;

    const BAD: Sample = Sample { failure: true, slow: false };
    const GOOD: Sample = Sample { failure: false, slow: false };

    #[test]
    fn each_flag_comes_from_its_rule_and_survives_as_bits() {
        let untimed = Limits { response_times: false, ..NONE };
        // By count, consecutive failures; a good call is placed, may trip; a bad one may trip.
        let cases = [
            (untimed, [false; 5]),
            (NONE, [false, false, true, false, false]),
            (Limits { consecutive_failures: Some(3), ..untimed }, [false, true, false, false, false]),
            (Limits { failure_threshold: Some(3), ..untimed }, [false, false, false, false, true]),
            (Limits { failure_rate: Some(0.5), ..untimed }, [false, false, true, true, true]),
            (Limits { window: WindowLength::Calls(5), ..untimed }, [true, false, true, false, false]),
        ];
        for (limits, expected) in cases {
            let flags = RuleFlags::from_bits(RuleFlags::of(&limits).bits());
            let good = [flags.place(GOOD), flags.can_trip(GOOD), flags.can_trip(BAD)];
            let [placed, may_trip, bad_may_trip] = good;
            let found = [flags.are_by_count(), flags.count_streak(), placed, may_trip, bad_may_trip];
            assert_eq!(found, expected, "{limits:?}");
            assert!(flags.place(BAD), "a bad call is always placed");
        }
    }
}
