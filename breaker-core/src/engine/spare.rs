//! Sums that are spared: up to how many calls of a slice each stripe may count before a verdict is due again.
//!
//! Stripes get a common *level*, not a share: calls come to all of them at about the same pace, so those that have counted
//! much in this slice get as much more as those that have counted little. Whatever has counted more than the level gets
//! nothing.

use super::limits::Rules;
use super::memory::Engine;
use super::policy::{self, Counts, Room};
use super::slice::SliceId;
use super::slot::STRIPES;
use super::stripe::Stripe;
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

    /// The level of each stripe.
    fn level(&self, slice: SliceId, before: Counts, counts: Counts, rules: &Rules) -> Room {
        let (room, last) = (policy::headroom(counts, rules), self.hot.headroom.of_slice(slice));
        // Failures and slow calls together: what comes more of either rule is not more of both.
        let (bad, slow) = (before.failures + before.slow, self.slow_calls());
        Room {
            calls: self.level_of(room.calls, before.requests, last.map(|last| last.calls), |stripe| {
                window::calls(stripe, slice)
            }),
            bad: self
                .level_of(room.bad, bad, last.map(|last| last.bad), |stripe| window::bad_calls(stripe, slice, slow)),
        }
    }

    /// Of all calls, or of the bad ones. What has come since the sum began is taken off: the sum may have missed it. So is what
    /// may be under way.
    fn level_of(&self, room: u64, before: u64, last: Option<u64>, held: impl Fn(&Stripe) -> u64) -> u64 {
        if room == u64::MAX {
            return room;
        }
        let mut stripes = [0; STRIPES];
        let (mut live, mut now) = (0, 0);
        for (place, stripe) in stripes.iter_mut().zip(self.live_stripes()) {
            *place = held(stripe);
            (live, now) = (live + 1, now + *place);
        }
        let stripes = &stripes[..live];
        let unseen = unseen(last, stripes) + self.stripes.shared().map_or(0, |_| UNSEEN_SHARED);
        level(room.saturating_sub(now.saturating_sub(before) + unseen), now, stripes)
    }
}

/// Calls that a stripe which threads share may have counted unseen.
const UNSEEN_SHARED: u64 = 64;

/// Calls that other threads may have counted, of which this one sees so many in their stripes. Of each thread one that is
/// summed itself, and not seen yet; or those that the last level of this slice still spared it: of these a few, for a store is
/// seen within a few calls.
fn unseen(last: Option<u64>, held: &[u64]) -> u64 {
    const LEAST: u64 = 1;
    const MOST: u64 = 4;
    // Without those of the call that asks: they are summed.
    let others = held.len().saturating_sub(1) as u64;
    let Some(level) = last else { return others * MOST };
    let all = held.iter().fold(0, |sum, held| sum + level.saturating_sub(*held).clamp(LEAST, MOST));
    all.saturating_sub(LEAST)
}

/// The level up to which stripes that hold so much, in `all`, can be filled with what there is room for.
fn level(room: u64, all: u64, held: &[u64]) -> u64 {
    let Some(mut level) = (all + room).checked_div(held.len() as u64) else { return u64::MAX };
    loop {
        let below = |(stripes, sum): (u64, u64), held: &u64| {
            if *held < level { (stripes + 1, sum + held) } else { (stripes, sum) }
        };
        let (stripes, sum) = held.iter().fold((0, 0), below);
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
            assert_eq!(level(room, held.iter().sum(), held), expected, "{room} for {held:?}");
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
            let level = level(room, held.iter().sum(), &held);
            assert!(used(level) <= room, "{room} for {held:?}: {level}");
            assert!(used(level + 1) > room, "{room} for {held:?}: {level}");
        }
    }
}
