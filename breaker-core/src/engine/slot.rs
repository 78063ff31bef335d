//! Slots of threads.
//!
//! A thread takes one of 64 slots for its lifetime. In every breaker, only that thread writes the stripe of its slot,
//! so counting is a plain load and store. Threads beyond the 64th share one more stripe, and count with an atomic
//! read-modify-write.

use std::cell::Cell;

use super::writer::Writer;
use crate::sync::{AtomicU64, Ordering, per_thread, process_wide};

/// Number of stripes with one writer each. (Under loom only as many as its models need: each fence of loom visits every
/// atomic.)
pub(super) const SOLE: usize = if cfg!(loom) { 3 } else { 64 };
/// The maximum number of stripes of a breaker.
pub(crate) const STRIPES: usize = SOLE + 1;

/// The stripe that the current thread writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u8);

impl Slot {
    /// The stripe of threads without their own slot; also used to write on another thread's behalf.
    #[expect(clippy::cast_possible_truncation, reason = "64 fits")]
    pub(crate) const SHARED: Self = Self(SOLE as u8);

    /// Returns this thread's slot, after taking one at the first call.
    pub(crate) fn current() -> Self {
        match MINE.with(Cell::get) & !HIDDEN {
            UNKNOWN => take(),
            index => Self(index),
        }
    }

    /// Returns the index of this thread's slot if it has one and is in no frame; otherwise an index out of range.
    #[expect(clippy::inline_always, reason = "a load: a call would cost more")]
    #[inline(always)]
    pub(super) fn remembered() -> usize {
        usize::from(MINE.with(Cell::get))
    }

    /// Whether this thread is in a frame.
    pub(super) fn is_hidden() -> bool {
        MINE.with(Cell::get) & HIDDEN != 0
    }

    /// Hides this thread's slot from [`remembered`](Self::remembered), or shows it again. Only called by `frames`.
    pub(super) fn set_hidden(hidden: bool) {
        MINE.with(|mine| mine.set(mine.get() & !HIDDEN | if hidden { HIDDEN } else { 0 }));
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn writer(self) -> Writer {
        if self == Self::SHARED { Writer::Shared } else { Writer::Sole }
    }
}

#[cfg(all(test, loom))]
impl Slot {
    pub(crate) fn of_model(index: usize) -> Self {
        u8::try_from(index).map_or(Self::SHARED, |index| Self(index.min(Self::SHARED.0)))
    }

    /// Assigns this slot to a thread of a model, without the protocol that finds a free slot. That has its own model.
    pub(crate) fn assign(self) {
        MINE.with(|mine| mine.set(self.0));
    }

    /// Does the same as the end of a thread.
    pub(crate) fn give_back() {
        release();
    }
}

/// Makes the thread count in the slot of this index, as if it were another thread: `cargo xtask sweep` has only one
/// thread.
#[cfg(breaker_counts)]
pub fn assume(index: usize) {
    MINE.with(|mine| mine.set(u8::try_from(index).map_or(Slot::SHARED.0, |index| index.min(Slot::SHARED.0))));
}

/// Added to the index while the thread is in a frame. No stripe has such an index, so the short paths, which check
/// nothing else, are not taken.
const HIDDEN: u8 = 1 << 7;
/// No slot yet.
const UNKNOWN: u8 = HIDDEN - 1;

/// Sets this thread's slot, keeps it hidden or visible, and returns the previous value.
fn set(slot: Slot) -> u8 {
    MINE.with(|mine| mine.replace(slot.0 | mine.get() & HIDDEN))
}

per_thread! {
    // Separate from `Lease`, so that the read on every call needs no check for a destructor.
    static MINE: Cell<u8> = const { Cell::new(UNKNOWN) };
    static LEASE: Lease = const { Lease };
}

process_wide! {
    /// One bit for each slot that a living thread holds; the bits beyond the slots are always set.
    static TAKEN: AtomicU64 = AtomicU64::new(!0 << (SOLE - 1) << 1);
}

#[cold]
fn take() -> Slot {
    // Acquire pairs with the Release in `release`: the next holder of a slot sees everything that the last one wrote.
    // (A thread that takes a slot has written nothing yet; exchanges in between keep the release sequence.) Relaxed if
    // all slots are taken, since nothing depends on it.
    let free = |taken: u64| (taken != u64::MAX).then(|| taken | (taken + 1));
    let slot = match TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, free) {
        Ok(taken) => Slot(u8::try_from((!taken).trailing_zeros()).unwrap_or(Slot::SHARED.0)),
        Err(_) => Slot::SHARED,
    };
    set(slot);
    // A thread that is ending can't register the lease any more, so it shares the last stripe.
    if LEASE.try_with(|_| ()).is_err() {
        release();
    }
    Slot(MINE.with(Cell::get) & !HIDDEN)
}

fn release() {
    let mine = set(Slot::SHARED) & !HIDDEN;
    if usize::from(mine) < SOLE {
        // Release pairs with the Acquire in `take`.
        TAKEN.fetch_and(!(1 << mine), Ordering::Release);
    }
}

/// Returns the slot when the thread ends.
struct Lease;

// loom drops all thread-locals at once, and after the thread was joined, so its models call `release`.
#[cfg(not(loom))]
impl Drop for Lease {
    fn drop(&mut self) {
        release();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_slot_and_gives_it_back() {
        let mine = Slot::current();
        assert_eq!(mine, Slot::current());
        let other = std::thread::spawn(Slot::current).join().expect("the thread returns its slot");
        assert!(other != mine || mine == Slot::SHARED);
    }

    #[test]
    fn a_hidden_slot_is_kept() {
        std::thread::spawn(|| {
            Slot::set_hidden(true);
            let mine = Slot::current();
            assert!(Slot::is_hidden() && Slot::remembered() > Slot::SHARED.index());
            Slot::set_hidden(false);
            assert_eq!((Slot::current(), Slot::remembered()), (mine, mine.index()));
        })
        .join()
        .expect("the thread keeps its slot");
    }

    #[test]
    fn slots_do_not_run_out_where_threads_come_and_go() {
        // The first slot stays with this thread. Other tests may hold some, or all for a moment; then threads share.
        Slot::current();
        let own = (0..4 * SOLE)
            .map(|_| std::thread::spawn(Slot::current).join().expect("the thread returns its slot"))
            .filter(|slot| *slot != Slot::SHARED)
            .count();
        assert!(own > 2 * SOLE, "{own} of {} threads had a slot of their own", 4 * SOLE);
    }

    #[test]
    fn the_last_stripe_alone_is_written_by_several() {
        assert_eq!(Slot::SHARED.writer(), Writer::Shared);
        assert_eq!(Slot(0).writer(), Writer::Sole);
    }

    #[test]
    fn more_threads_than_slots_share_the_last_stripe() {
        let barrier = std::sync::Barrier::new(SOLE + 8);
        let slots = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..SOLE + 8)
                .map(|_| {
                    scope.spawn(|| {
                        let slot = Slot::current();
                        barrier.wait();
                        slot
                    })
                })
                .collect();
            threads.into_iter().map(|t| t.join().expect("no thread panics")).collect::<Vec<_>>()
        });
        assert!(slots.iter().filter(|slot| **slot == Slot::SHARED).count() >= 8);
        let mut sole: Vec<_> = slots.iter().filter(|slot| **slot != Slot::SHARED).map(|s| s.0).collect();
        sole.sort_unstable();
        let all = sole.len();
        sole.dedup();
        assert_eq!(sole.len(), all, "two living threads held one slot");
    }
}
