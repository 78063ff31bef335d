//! Spared sums: up to how many calls of a slice each stripe may count before another verdict is needed.
//!
//! Stripes get a common *level*, not equal shares: calls arrive at all of them at about the same rate, so a stripe with
//! many calls in this slice gets as many more as one with few. A stripe above the level gets none.

use std::ops::RangeInclusive;

use super::limits::Rules;
use super::memory::{Engine, Locked};
use super::policy::{self, Counts, Room};
use super::slice::SliceId;
use super::slot::STRIPES;
use super::stripe::Stripe;
use super::window;
use super::word::Word;
use crate::sync::{Ordering, fence, lock};

/// The sum of the window that a verdict is based on, apart from its counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basis {
    /// The window's current slice.
    pub(super) slice: SliceId,
    /// The slice's counts before the sum, or less.
    pub(super) held: Counts,
    /// How often headroom was published before the sum.
    pub(super) publications: u64,
    /// Whether the call itself may have counted in an earlier slice.
    pub(super) is_behind: bool,
}

impl Engine {
    /// Publishes up to how many calls of this slice each stripe may count before the next verdict. `counts` is the
    /// window at the sum.
    ///
    /// Each other thread may have counted one call that the level doesn't include, if that call is summed itself. So
    /// before its next call, the thread makes sure that the level includes this one:
    ///
    /// - A call of the level's slice does nothing if the level is still the same. It has counted before it looks, and
    ///   `publish_room` reads the counts of the slice after it has taken the last level back.
    /// - A call of an earlier or a newer slice publishes. A sum that is older than the last publication may not include
    ///   that call, so the window is summed again.
    ///
    /// The last level of an earlier slice may have spared calls since the sum, so the first level of a slice needs
    /// another sum, too.
    pub(super) fn spare_sums(&self, word: Word, basis: Basis, counts: Counts, rules: &Rules) {
        let Basis { slice, held, publications, is_behind } = basis;
        let headroom = &self.hot.headroom;
        if !is_behind && headroom.of_slice(slice).is_some_and(|last| self.is_level(slice, held, counts, rules, last)) {
            return;
        }
        let mut locked = lock(&self.locked);
        // Under the lock, so that room under old rules can't outlive a reconfiguration.
        if self.word() != word || locked.limits.rules() != *rules {
            headroom.take_back();
        } else if headroom.publications() == publications && headroom.of_slice(slice).is_some() {
            self.publish_room(slice, held, counts, rules);
        } else {
            self.sum_and_publish(&mut locked, word, slice, rules);
        }
    }

    /// The first verdict of a slice: its level needs a sum under the lock, which is enough for both. `None` if the word
    /// has changed.
    pub(super) fn sum_first(&self, word: Word, slice: SliceId) -> Option<Counts> {
        let mut locked = lock(&self.locked);
        let rules = locked.limits.rules();
        (self.word() == word).then(|| self.sum_and_publish(&mut locked, word, slice, &rules))
    }

    fn sum_and_publish(&self, locked: &mut Locked, word: Word, slice: SliceId, rules: &Rules) -> Counts {
        self.take_room_back();
        self.leave_out_idle(word, slice);
        let (slice, held, counts) = self.window_at(locked, self.locked_geometry(word).start_of(slice));
        self.publish_room(slice, held, counts, rules);
        counts
    }

    /// Takes the level back. Requires the lock.
    pub(super) fn take_room_back(&self) {
        self.hot.headroom.take_back();
        // SeqCst pairs with the fence before a verdict's sum: either this thread then finds that call in its slice, or
        // that call finds that the level was taken back, and waits for the lock.
        fence(Ordering::SeqCst);
    }

    /// Requires the lock.
    pub(super) fn publish_room(&self, slice: SliceId, held: Counts, counts: Counts, rules: &Rules) {
        let (shared, last) = (self.stripes.shared().is_some(), self.hot.headroom.of_slice(slice));
        self.take_room_back();
        self.hot.headroom.publish(slice, self.level(slice, held, counts, rules, last));
        // SeqCst pairs with the fence in `new_stripe`.
        fence(Ordering::SeqCst);
        if self.stripes.shared().is_some() != shared {
            self.hot.headroom.take_back();
        }
    }

    /// Returns the level of the stripes. `last` is the level in force, if it is one of this slice.
    pub(super) fn level(
        &self,
        slice: SliceId,
        before: Counts,
        counts: Counts,
        rules: &Rules,
        last: Option<Room>,
    ) -> Room {
        let (room, slow) = (policy::headroom(counts, rules), self.slow_calls());
        let Room { calls, bad } = of_both(before);
        Room {
            calls: self.level_of(room.calls, calls, last.map(|last| last.calls), window::calls_in(slice)),
            bad: self.level_of(room.bad, bad, last.map(|last| last.bad), window::bad_calls_in(slice, slow)),
        }
    }

    /// Whether `level` would give this level again, in half of the time: most verdicts change nothing.
    pub(super) fn is_level(&self, slice: SliceId, before: Counts, counts: Counts, rules: &Rules, last: Room) -> bool {
        let (room, slow) = (policy::headroom(counts, rules), self.slow_calls());
        let (Room { calls, bad }, none) = (of_both(before), slice.whole().max());
        self.is_level_of(room.calls, calls, last.calls, none, window::calls_in(slice))
            && self.is_level_of(room.bad, bad, last.bad, none, window::bad_calls_in(slice, slow))
    }

    /// Returns the level for all calls, or for bad ones. Subtracts calls that came after the sum began, which the sum
    /// may have missed, and calls that may not be visible yet.
    fn level_of(&self, room: u64, before: u64, last: Option<u64>, held: impl Fn(&Stripe) -> u64) -> u64 {
        if room == u64::MAX {
            return room;
        }
        let mut stripes = [0; STRIPES];
        let (mut live, mut now) = (0, 0);
        for (place, stripe) in stripes.iter_mut().zip(self.stripes.counting().chain(self.stripes.shared())) {
            *place = held(stripe);
            (live, now) = (live + 1, now + *place);
        }
        let stripes = &stripes[..live];
        let unseen = unseen(last, stripes) + self.unseen_shared();
        level(room.saturating_sub(now.saturating_sub(before) + unseen), now, stripes)
    }

    /// Whether `level_of` would give this level again, of which `none` means no limit.
    fn is_level_of(&self, room: u64, before: u64, level: u64, none: u64, held: impl Fn(&Stripe) -> u64 + Copy) -> bool {
        if room == u64::MAX {
            return level == none;
        }
        let shared = self.stripes.shared().map(held);
        is_level(level, self.stripes.counting().map(held), shared, |now, unseen| {
            room.saturating_sub(now.saturating_sub(before) + unseen + self.unseen_shared())
        })
    }

    /// Calls that the shared stripe may have counted without being visible yet.
    fn unseen_shared(&self) -> u64 {
        const MOST: u64 = 64;
        self.stripes.shared().map_or(0, |_| MOST)
    }
}

/// Returns all calls, and bad ones. Counts failures and slow calls together: a rise of their sum is never less than the
/// rise of either.
fn of_both(counts: Counts) -> Room {
    Room { calls: counts.requests, bad: counts.failures + counts.slow }
}

/// How many calls that a thread has counted may not be visible in its stripe yet: one that is summed itself, or those
/// that the last level of this slice still spared it, up to a few, because a store becomes visible within a few calls.
const UNSEEN: RangeInclusive<u64> = 1..=4;

/// Returns how many calls of other threads may not be visible in their stripes yet.
fn unseen(last: Option<u64>, held: &[u64]) -> u64 {
    let (least, most) = UNSEEN.into_inner();
    // The calling thread's own calls are in the sum.
    let others = held.len().saturating_sub(1) as u64;
    let Some(level) = last else { return others * most };
    let all = held.iter().fold(0, |sum, held| sum + level.saturating_sub(*held).clamp(least, most));
    all.saturating_sub(least)
}

/// Whether this is the level up to which stripes that hold these counts are filled by the room that `room` returns for
/// their sum and for the unseen calls, if it is the level in force. The same as with `unseen` and `level`, in one pass.
#[expect(clippy::inline_always, reason = "otherwise what `sole` reads is read again for each stripe")]
#[inline(always)]
fn is_level(
    level: u64,
    mut sole: impl Iterator<Item = u64>,
    mut shared: Option<u64>,
    room: impl Fn(u64, u64) -> u64,
) -> bool {
    let (least, most) = UNSEEN.into_inner();
    let (mut all, mut stripes, mut more_unseen, mut used, mut filled) = (0, 0, 0, 0, 0);
    // Not a chain of both, which takes a seventh longer.
    while let Some(held) = sole.next().or_else(|| shared.take()) {
        all += held;
        stripes += 1;
        // Most stripes are above a level that is used up, or just below it.
        let Some(spared) = level.checked_sub(held) else { continue };
        filled += 1;
        used += spared;
        if spared > least {
            more_unseen += spared.min(most) - least;
        }
    }
    let room = room(all, (stripes * least).saturating_sub(least) + more_unseen);
    // One more would need a call more for each of them.
    used <= room && room < used + filled
}

/// Returns the level up to which `room` fills stripes that hold these counts, with the sum `all`.
fn level(room: u64, all: u64, held: &[u64]) -> u64 {
    let Some(mut level) = (all + room).checked_div(held.len() as u64) else { return u64::MAX };
    loop {
        let below = |(stripes, sum): (u64, u64), held: &u64| {
            if *held < level { (stripes + 1, sum + held) } else { (stripes, sum) }
        };
        let (stripes, sum) = held.iter().fold((0, 0), below);
        // Stripes above the last level get nothing, which leaves less for each of the others.
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

    fn random(seed: &mut u64, below: u64) -> u64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*seed >> 33) % below
    }

    fn random_stripes(seed: &mut u64, count: u64) -> Vec<u64> {
        (0..=random(seed, count)).map(|_| random(seed, 30)).collect()
    }

    #[test]
    fn a_level_is_the_highest_that_there_is_room_for() {
        let mut seed = 7;
        for _ in 0..2_000 {
            let held = random_stripes(&mut seed, 8);
            let room = random(&mut seed, 60);
            let used = |level: u64| held.iter().map(|held| level.saturating_sub(*held)).sum::<u64>();
            let level = level(room, held.iter().sum(), &held);
            assert!(used(level) <= room, "{room} for {held:?}: {level}");
            assert!(used(level + 1) > room, "{room} for {held:?}: {level}");
        }
    }

    #[test]
    fn a_level_is_known_again() {
        let (mut seed, mut known) = (11, 0);
        for _ in 0..2_000 {
            let held = random_stripes(&mut seed, 8);
            let room = random(&mut seed, 90);
            for last in 0..60 {
                let left = |_, unseen| room.saturating_sub(unseen);
                let next = level(left(0, unseen(Some(last), &held)), held.iter().sum(), &held);
                let is_known = is_level(last, held.iter().copied(), None, left);
                assert_eq!(is_known, next == last, "{room} for {held:?}: {last}, then {next}");
                known += u32::from(is_known);
            }
        }
        assert!(known > 1_000, "{known}");
    }

    #[test]
    fn each_other_stripe_may_hold_one_call_unseen_or_a_few_that_it_was_spared() {
        assert_eq!(unseen(None, &[0, 0, 0]), 8, "no level is known");
        assert_eq!(unseen(Some(5), &[5, 6, 7]), 2, "the level spares none any more");
        assert_eq!(unseen(Some(9), &[6, 2, 9]), 3 + 4 + 1 - 1);
        assert_eq!((unseen(Some(9), &[0]), unseen(Some(9), &[9]), unseen(None, &[])), (3, 0, 0));
    }
}
