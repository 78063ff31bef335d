//! The sliding window by count: exactly the last N outcomes over all threads, without a lock.
//!
//! One word holds the ticket (how many calls there were), the counts, and the newest outcome, so that the counts
//! change together with the order. The outcome moves into its slot afterwards: by its own thread or, if that is
//! slow, by the next one before it takes the next ticket. So when a ticket is taken, every older slot is in place.
//!
//! | bits of the head | |
//! |---|---|
//! | 0–2 | the newest outcome |
//! | 3–17 | slow calls |
//! | 18–32 | failures |
//! | 33 | full: the window holds N calls |
//! | 34–63 | ticket of the next call |

use super::policy::Counts;
use super::window::Mark;
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// The most calls that a window can hold: its counts take 15 bits each.
pub(crate) const MAX_CALLS: u32 = 1 << 14;

const OUTCOME_BITS: u32 = 3;
const TICKET_MASK: u64 = (1 << 30) - 1;
const SLOT_TICKET_MASK: u32 = (1 << (32 - OUTCOME_BITS)) - 1;
/// A slot that was never written.
const EMPTY: u8 = 0;

#[derive(Debug)]
pub(crate) struct Ring {
    head: AtomicU64,
    /// Ticket of the window's first call.
    start: AtomicU64,
    /// N.
    length: AtomicU32,
    /// Each a ticket (29 bits) and an outcome (3 bits); a power of two of them.
    slots: Box<[AtomicU32]>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    ticket: u64,
    full: bool,
    failures: u64,
    slow: u64,
    newest: u8,
}

impl Head {
    fn unpack(bits: u64) -> Self {
        Self {
            newest: (bits & 0b111) as u8,
            slow: (bits >> 3) & 0x7fff,
            failures: (bits >> 18) & 0x7fff,
            full: (bits >> 33) & 1 != 0,
            ticket: bits >> 34,
        }
    }

    fn pack(self) -> u64 {
        u64::from(self.newest)
            | self.slow << 3
            | self.failures << 18
            | u64::from(self.full) << 33
            | (self.ticket & TICKET_MASK) << 34
    }
}

fn outcome(mark: Mark) -> u8 {
    0b100 | u8::from(mark.failure) << 1 | u8::from(mark.slow)
}

fn is_failure(outcome: u8) -> bool {
    outcome & 0b010 != 0
}

fn is_slow(outcome: u8) -> bool {
    outcome & 0b001 != 0
}

#[expect(clippy::cast_possible_truncation, reason = "a slot keeps the ticket's low bits")]
fn slot_value(ticket: u64, outcome: u8) -> u32 {
    (ticket as u32 & SLOT_TICKET_MASK) << OUTCOME_BITS | u32::from(outcome)
}

impl Ring {
    /// A ring with room for windows of up to `capacity` calls, a power of two.
    pub(crate) fn new(capacity: u32) -> Self {
        Self {
            head: AtomicU64::new(Head { ticket: 1, full: false, failures: 0, slow: 0, newest: EMPTY }.pack()),
            start: AtomicU64::new(1),
            length: AtomicU32::new(capacity),
            slots: (0..capacity).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// Records a call and gives what the window holds then; `None` if `is_current` has become false, in which case
    /// nothing was recorded. A window that starts anew moves the head, so a call of the one before can't slip in.
    #[inline]
    pub(crate) fn record(&self, mark: Mark, is_current: impl Fn() -> bool) -> Option<Counts> {
        loop {
            // Acquire pairs with the AcqRel of the exchange below: the slots of all older tickets are in place.
            let bits = self.head.load(Ordering::Acquire);
            let head = Head::unpack(bits);
            let length = self.length();
            self.put_newest(head);
            let evicted = self.evicted(head, length);
            // Asked last: who has read the length of a new window sees that calls are held.
            if !is_current() {
                return None;
            }
            let Some((requests, evicted)) = evicted else { continue };
            let next = Head {
                ticket: head.ticket.wrapping_add(1),
                full: requests == length,
                failures: head.failures + u64::from(mark.failure) - u64::from(is_failure(evicted)),
                slow: head.slow + u64::from(mark.slow) - u64::from(is_slow(evicted)),
                newest: outcome(mark),
            };
            if self.head.compare_exchange_weak(bits, next.pack(), Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                self.put_newest(Head::unpack(next.pack()));
                return Some(Counts { requests, failures: next.failures, slow: next.slow });
            }
        }
    }

    /// What the window holds.
    pub(crate) fn counts(&self) -> Counts {
        loop {
            let bits = self.head.load(Ordering::Acquire);
            let Head { failures, slow, .. } = Head::unpack(bits);
            // The head is unchanged after the rest was read: all of it is of one moment.
            let requests = self.held(Head::unpack(bits), self.length());
            if self.head.load(Ordering::Acquire) == bits
                && let Some(requests) = requests
            {
                return Counts { requests, failures, slow };
            }
        }
    }

    /// Starts an empty window of `length` calls. Only under the lock of rare things.
    pub(crate) fn restart(&self, length: u32) {
        // Release pairs with the Acquire in `length`.
        self.length.store(length, Ordering::Release);
        loop {
            let bits = self.head.load(Ordering::Acquire);
            let head = Head::unpack(bits);
            // One ticket is skipped, so the head differs from every one that a call may still hold.
            let ticket = head.ticket.wrapping_add(1) & TICKET_MASK;
            self.start.store(ticket, Ordering::Relaxed);
            let empty = Head { ticket, full: false, failures: 0, slow: 0, newest: EMPTY };
            // AcqRel pairs with the Acquire in `record`: who sees the new head sees its start and length.
            if self.head.compare_exchange(bits, empty.pack(), Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return;
            }
        }
    }

    /// The last `most` outcomes, oldest first. For carrying them over into another ring; calls that end meanwhile
    /// may be missing.
    pub(crate) fn newest(&self, most: u32) -> Vec<Mark> {
        let head = Head::unpack(self.head.load(Ordering::Acquire));
        self.put_newest(head);
        let count = self.held(head, self.length()).unwrap_or(0).min(u64::from(most));
        let outcome_of = |back: u64| {
            let value = self.slot(head.ticket.wrapping_sub(back)).load(Ordering::Acquire);
            (value & 0b111) as u8
        };
        (1..=count)
            .rev()
            .map(outcome_of)
            .filter(|outcome| *outcome != EMPTY)
            .map(|outcome| Mark { failure: is_failure(outcome), slow: is_slow(outcome) })
            .collect()
    }

    #[inline]
    fn length(&self) -> u64 {
        u64::from(self.length.load(Ordering::Acquire))
    }

    /// Calls in the window, unless `head` is outdated.
    fn held(&self, head: Head, length: u64) -> Option<u64> {
        if head.full {
            return Some(length);
        }
        let held = head.ticket.wrapping_sub(self.start.load(Ordering::Relaxed)) & TICKET_MASK;
        (held < length || held == 0).then_some(held)
    }

    /// How many calls the window will hold with one more, and the outcome that leaves for it.
    #[inline]
    fn evicted(&self, head: Head, length: u64) -> Option<(u64, u8)> {
        let held = self.held(head, length)?;
        if !head.full {
            return Some((held + 1, EMPTY));
        }
        let oldest = head.ticket.wrapping_sub(held);
        let value = self.slot(oldest).load(Ordering::Acquire);
        // Another ticket stands there: the head has moved on, and so do we.
        (value >> OUTCOME_BITS == slot_value(oldest, 0) >> OUTCOME_BITS).then_some((held, (value & 0b111) as u8))
    }

    /// Puts the newest outcome into its slot, unless somebody has.
    #[inline]
    fn put_newest(&self, head: Head) {
        if head.newest == EMPTY {
            return;
        }
        let ticket = head.ticket.wrapping_sub(1);
        let (slot, value) = (self.slot(ticket), slot_value(ticket, head.newest));
        let old = slot.load(Ordering::Relaxed);
        let age = (value >> OUTCOME_BITS).wrapping_sub(old >> OUTCOME_BITS) & SLOT_TICKET_MASK;
        // Never written, or older by less than half the range; a newer ticket stays.
        if old == 0 || (age != 0 && age < SLOT_TICKET_MASK / 2) {
            // Release pairs with the Acquire in `evicted`. A loser has been overtaken by a helper.
            let _ = slot.compare_exchange(old, value, Ordering::Release, Ordering::Relaxed);
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the slot")]
    fn slot(&self, ticket: u64) -> &AtomicU32 {
        &self.slots[ticket as usize & (self.slots.len() - 1)]
    }
}

#[cfg(all(test, not(loom)))]
#[path = "ring_tests.rs"]
mod tests;
