//! Spared sums: up to how many calls of a slice each stripe may count before another verdict is needed.
//!
//! Stripes get a common *level*, not equal shares: calls arrive at all of them at about the same rate, so a stripe with
//! many calls in this slice gets as many more as one with few. A stripe above the level gets none. Where there are too
//! few bad calls to divide, the first ones to come are spared, whichever stripe counts them ([`shared_room`]).
//!
//! [`shared_room`]: super::shared_room

use std::ops::RangeInclusive;

use super::limits::Rules;
use super::memory::{Engine, Locked};
use super::policy::{self, Counts, Room};
use super::shared_room::TakenBack;
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

/// What `sum_first` has done.
pub(super) enum First {
    /// The window was summed, and room published. A rule may fire by these counts.
    Summed(Option<Counts>),
    /// Nothing: the word has changed.
    OtherWord,
}

impl Engine {
    /// Publishes up to how many calls of this slice each stripe may count before the next verdict. `counts` is the
    /// window at the sum.
    ///
    /// Each other thread may have counted one call that the level doesn't include, if that call is summed itself. So
    /// before its next call, the thread makes sure that the level includes this one:
    ///
    /// - A call of the level's slice does nothing if the level is still the same. It has counted before it looks, and
    ///   `put_room` reads the counts of the slice after the lock holder has taken the last level back.
    /// - A call of an earlier or a newer slice publishes. A sum that is older than the last publication may not include
    ///   that call, so the window is summed again.
    ///
    /// The last level of an earlier slice may have spared calls since the sum, so the first level of a slice needs
    /// another sum, too.
    ///
    /// Returns the counts of that other sum, if a rule may fire by them.
    pub(super) fn spare_sums(&self, word: Word, basis: Basis, counts: Counts, rules: &Rules) -> Option<Counts> {
        let Basis { slice, held, publications, is_behind } = basis;
        let (headroom, room) = (&self.hot.headroom, policy::headroom(counts, rules));
        let stays = |last: Room| self.undivided(slice, held, room) == 0 && self.is_level(slice, held, room, last);
        if !is_behind && headroom.of_slice(slice).is_some_and(stays) {
            return None;
        }
        let mut locked = lock(&self.locked);
        // Under the lock, so that room under old rules can't outlive a reconfiguration.
        if self.word() != word || locked.limits.rules() != *rules {
            self.take_back();
            None
        } else if headroom.publications() == publications && headroom.of_slice(slice).is_some() {
            self.publish_room(slice, held, room);
            None
        } else {
            self.sum_and_publish(&mut locked, word, slice, rules)
        }
    }

    /// The first verdict of a slice, or one of a slice whose room is shared: what it publishes needs a sum under the lock,
    /// which is enough for both.
    pub(super) fn sum_first(&self, word: Word, slice: SliceId) -> First {
        let mut locked = lock(&self.locked);
        let rules = locked.limits.rules();
        if self.word() != word {
            return First::OtherWord;
        }
        First::Summed(self.sum_and_publish(&mut locked, word, slice, &rules))
    }

    /// Returns the counts if a rule may fire by them.
    #[expect(clippy::inline_always, reason = "as `window_of`")]
    #[inline(always)]
    fn sum_and_publish(&self, locked: &mut Locked, word: Word, slice: SliceId, rules: &Rules) -> Option<Counts> {
        let taken = self.take_room_back();
        self.leave_out_idle(word, slice);
        let (slice, held, counts) = self.window_of(locked, slice, self.slow_calls());
        let room = policy::headroom(counts, rules);
        self.put_room(slice, held, room, None, taken);
        // With room for another bad call, none fires.
        (room.bad == 0).then_some(counts)
    }

    /// Takes all room back, so that the next call is summed.
    pub(super) fn take_back(&self) -> TakenBack {
        self.hot.headroom.take_back();
        self.shared_room.0.take_back()
    }

    /// Takes all room back before a sum. Requires the lock.
    pub(super) fn take_room_back(&self) -> TakenBack {
        let taken = self.take_back();
        // SeqCst pairs with the fence before a verdict's sum: either this thread then finds that call in its slice, or
        // that call finds that the level was taken back, and waits for the lock.
        fence(Ordering::SeqCst);
        taken
    }

    /// Replaces the level in force, if it is one of this slice. Requires the lock.
    pub(super) fn publish_room(&self, slice: SliceId, held: Counts, room: Room) {
        let last = self.hot.headroom.of_slice(slice);
        self.take_room_back();
        self.put_room(slice, held, room, last, TakenBack::NONE);
    }

    /// Publishes the level, or room that is shared if there are too few calls to divide. The first of such verdicts only
    /// takes the level back: calls that it has spared are visible by the second one. `last` and `taken` were taken back for
    /// this. Requires the lock.
    #[expect(clippy::inline_always, reason = "as `window_of`")]
    #[inline(always)]
    fn put_room(&self, slice: SliceId, held: Counts, room: Room, last: Option<Room>, taken: TakenBack) {
        let shared = self.stripes.shared().is_some();
        match self.undivided(slice, held, room) {
            0 => {
                let level = self.level(slice, held, room, last);
                self.hot.headroom.publish(slice, level.calls, Some(level.bad));
            }
            bad => {
                self.hot.headroom.publish(slice, room.calls, None);
                self.shared_room.0.publish(slice, if taken.is_of(slice) { bad } else { 0 });
            }
        }
        // SeqCst pairs with the fence in `new_stripe`.
        fence(Ordering::SeqCst);
        if self.stripes.shared().is_some() != shared {
            self.take_back();
        }
    }

    /// Returns the room for bad calls if a level would spare few of them, or none: it leaves out calls of each stripe that
    /// may be unseen. Otherwise 0.
    fn undivided(&self, slice: SliceId, before: Counts, room: Room) -> u64 {
        const MOST: u64 = STRIPES as u64 * *UNSEEN.end();
        let calls = room.bad;
        let may_be_unseen = || self.stripes.counting_count() * UNSEEN.end();
        if !(1..MOST).contains(&calls) || room.calls < u64::MAX {
            return 0;
        }
        if self.stripes.only().is_some() || calls >= may_be_unseen() {
            return 0;
        }
        let held = window::bad_calls_in(slice, self.slow_calls());
        let now: u64 = self.stripes.counting().chain(self.stripes.shared()).map(held).sum();
        left(calls, of_both(before).bad, now).unwrap_or(0)
    }

    /// Returns the level of the stripes for the room at a sum. `last` is the level in force, if it is one of this slice.
    pub(super) fn level(&self, slice: SliceId, before: Counts, room: Room, last: Option<Room>) -> Room {
        let (Room { calls, bad }, slow) = (of_both(before), self.slow_calls());
        Room {
            calls: self.level_of(room.calls, calls, last.map(|last| last.calls), window::calls_in(slice)),
            bad: self.level_of(room.bad, bad, last.map(|last| last.bad), window::bad_calls_in(slice, slow)),
        }
    }

    /// Whether `level` would give this level again, in half of the time: most verdicts change nothing.
    pub(super) fn is_level(&self, slice: SliceId, before: Counts, room: Room, last: Room) -> bool {
        let (Room { calls, bad }, none) = (of_both(before), slice.whole().max());
        self.is_level_of(room.calls, calls, last.calls, none, window::calls_in(slice))
            && self.is_level_of(room.bad, bad, last.bad, none, window::bad_calls_in(slice, self.slow_calls()))
    }

    /// Returns the level for all calls, or for bad ones. Subtracts calls that came after the sum began, which the sum
    /// may have missed, and calls that may not be visible yet.
    fn level_of(&self, room: u64, before: u64, last: Option<u64>, held: impl Fn(&Stripe) -> u64) -> u64 {
        if room == u64::MAX {
            return room;
        }
        if let Some(only) = self.stripes.only() {
            return level_of_only(room, before, held(only));
        }
        let mut stripes = [0; STRIPES];
        let (mut live, mut now) = (0, 0);
        for (place, stripe) in stripes.iter_mut().zip(self.stripes.counting().chain(self.stripes.shared())) {
            *place = held(stripe);
            (live, now) = (live + 1, now + *place);
        }
        let stripes = &stripes[..live];
        let Some(left) = left(room, before, now) else { return 0 };
        let unseen = unseen(last, stripes) + self.unseen_shared();
        level(left.saturating_sub(unseen), now, stripes)
    }

    /// Whether `level_of` would give this level again, of which `none` means no limit; or, for a single stripe, one that
    /// spares too few more calls.
    fn is_level_of(&self, room: u64, before: u64, level: u64, none: u64, held: impl Fn(&Stripe) -> u64 + Copy) -> bool {
        if room == u64::MAX {
            return level == none;
        }
        if let Some(only) = self.stripes.only() {
            let now = held(only);
            let next = level_of_only(room, before, now);
            return level <= next && next.saturating_sub(level.max(now)) < WORTH;
        }
        let shared = self.stripes.shared().map(held);
        is_level(level, self.stripes.counting().map(held), shared, |now, unseen| {
            left(room, before, now).map(|left| left.saturating_sub(unseen + self.unseen_shared()))
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

/// How many more calls a level has to spare a single stripe: publishing it takes longer than a verdict.
const WORTH: u64 = 4;

/// Returns the level if there is only one stripe, with this many calls: it is that of the calling thread, so all of its
/// calls are visible.
fn level_of_only(room: u64, before: u64, now: u64) -> u64 {
    left(room, before, now).map_or(0, |left| now + left)
}

/// Returns the room that calls have left since the sum. `None` if one of them may have reached the limit: it must not be
/// spared.
fn left(room: u64, before: u64, now: u64) -> Option<u64> {
    room.checked_sub(now.saturating_sub(before))
}

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
/// their sum and for the unseen calls (0 if it returns none), if it is the level in force. The same as with `unseen` and
/// `level`, in one pass.
#[expect(clippy::inline_always, reason = "otherwise what `sole` reads is read again for each stripe")]
#[inline(always)]
fn is_level(
    level: u64,
    mut sole: impl Iterator<Item = u64>,
    mut shared: Option<u64>,
    room: impl Fn(u64, u64) -> Option<u64>,
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
    let Some(room) = room(all, (stripes * least).saturating_sub(least) + more_unseen) else { return level == 0 };
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
                let left = |_, unseen| Some(room.saturating_sub(unseen));
                let next = level(room.saturating_sub(unseen(Some(last), &held)), held.iter().sum(), &held);
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
