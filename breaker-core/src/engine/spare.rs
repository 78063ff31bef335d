//! Sums that are spared: up to how many calls of a slice each stripe may count before a verdict is due again.
//!
//! Stripes get a common *level*, not a share: calls come to all of them at about the same pace, so those that have counted
//! much in this slice get as much more as those that have counted little. Whatever has counted more than the level gets
//! nothing.

use super::limits::Rules;
use super::memory::Engine;
use super::policy::{self, Counts, Room};
use super::slice::SliceId;
use super::slot::{STRIPES, Slot};
use super::window;
use super::word::Word;
use crate::sync::{Ordering, fence, lock};

impl Engine {
    /// Publishes up to how many calls of this slice each stripe may count before the next verdict is due. `counts` is what the
    /// window held, and `held` what the slice did before that was summed.
    pub(super) fn spare_sums(&self, word: Word, slice: SliceId, held: Counts, counts: Counts, rules: &Rules) {
        if self.hot.headroom.is(slice, self.level(slice, held, counts, rules)) {
            return;
        }
        let locked = lock(&self.locked);
        // Under the lock, so that room under old rules can't outlive a reconfiguration.
        if self.word() == word && locked.limits.rules() == *rules {
            self.publish_room(slice, held, counts, rules);
        }
    }

    /// To be called under the lock.
    pub(super) fn publish_room(&self, slice: SliceId, held: Counts, counts: Counts, rules: &Rules) {
        let stripes = self.live_stripes().count();
        self.hot.headroom.publish(slice, self.level(slice, held, counts, rules));
        // SeqCst pairs with the fence in `new_stripe`.
        fence(Ordering::SeqCst);
        if self.live_stripes().count() > stripes {
            self.hot.headroom.take_back();
        }
    }

    /// The level of each stripe. What has come since the sum began is taken off: the sum may have missed it.
    fn level(&self, slice: SliceId, before: Counts, counts: Counts, rules: &Rules) -> Room {
        // A call of another thread may be on its way between its slice and the sum; some, where threads share a stripe.
        const UNDER_WAY: u64 = 4;
        const UNDER_WAY_SHARED: u64 = 64;
        let mut stripes = [Counts::default(); STRIPES];
        let mut live = 0;
        for (held, stripe) in stripes.iter_mut().zip(self.live_stripes()) {
            *held = window::held(stripe, slice);
            live += 1;
        }
        let stripes = &stripes[..live];
        let shared = self.stripes[Slot::SHARED.index()].get().map_or(0, |_| UNDER_WAY_SHARED);
        let under_way = (live as u64).saturating_sub(1) * UNDER_WAY + shared;
        let now: Counts = stripes.iter().copied().sum();
        let level = |room: u64, since: u64, held: fn(Counts) -> u64| match room {
            u64::MAX => room,
            _ => level(room.saturating_sub(since + under_way), &stripes.iter().copied().map(held)),
        };
        // Failures and slow calls together: what comes more of either rule is not more of both.
        let bad: fn(Counts) -> u64 = |counts| counts.failures + counts.slow;
        let room = policy::headroom(counts, rules);
        Room {
            calls: level(room.calls, now.requests.saturating_sub(before.requests), |held| held.requests),
            bad: level(room.bad, bad(now).saturating_sub(bad(before)), bad),
        }
    }
}

/// The level up to which stripes that hold so much can be filled with what there is room for.
fn level(room: u64, held: &(impl Iterator<Item = u64> + Clone)) -> u64 {
    let mut level = u64::MAX;
    loop {
        let (stripes, sum) = held
            .clone()
            .filter(|held| *held < level)
            .fold((0_u64, 0), |(stripes, sum), held| (stripes + 1, sum + held));
        // Without those above the last level, which get nothing, there is less for each of the others.
        match (sum + room).checked_div(stripes) {
            Some(lower) if lower < level => level = lower,
            _ => return level,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn stripes_are_filled_up_to_a_level_with_what_there_is_and_no_more() {
        for (room, held, expected) in [
            (12, &[0, 0, 0][..], 4),
            (12, &[5, 5, 5], 9),
            (12, &[100, 5, 7], 12),
            (1, &[5, 5, 5], 5),
            (0, &[5, 3], 3),
            (7, &[9], 16),
            (20, &[0, 3, 50, 60], 11),
        ] {
            assert_eq!(level(room, &held.iter().copied()), expected, "{room} for {held:?}");
        }
    }

    #[test]
    fn a_level_is_the_highest_that_there_is_room_for() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        for _ in 0..2_000 {
            let held: Vec<u64> = (0..=random(8)).map(|_| random(30)).collect();
            let room = random(60);
            let used = |level: u64| held.iter().map(|held| level.saturating_sub(*held)).sum::<u64>();
            let level = level(room, &held.iter().copied());
            assert!(used(level) <= room, "{room} for {held:?}: {level}");
            assert!(used(level + 1) > room, "{room} for {held:?}: {level}");
        }
    }
}
