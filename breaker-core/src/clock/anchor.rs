//! The anchor: a tick of the counter with a known time, and the length of a tick. Every reading of the counter starts
//! here.
//!
//! # Orderings
//!
//! The anchor's words are read as one value. A writer sets the tick to `NONE` and the scale to a new version alone, then
//! writes the time, the scale with its version, and at last the tick. A reader loads the scale, the tick and the time,
//! and the scale again: if both scales are equal and there is a tick, nothing has changed in between.
//!
//! | store, with the turn's lock held | pairs with |
//! |---|---|
//! | `scale` of a version alone, or unset: Release | Acquire in `time`: a reader of it finds the tick `NONE`, or a later tick |
//! | `nanos`: Release | Acquire in `time`: a reader of it then finds another scale than the one before it |
//! | `scale`: Release | Acquire in `time`: a reader of a scale also sees its time, and no tick before `NONE` |
//! | `ticks`: Release | Acquire in `time`: a reader of it then finds its scale, or a later one |
//! | `scale`, unset: Release | Acquire in `is_set`: a reader of it also sees the new lead of the system's clock |

use std::sync::atomic::{AtomicU64, Ordering};

/// The scale is nanoseconds per tick times 2^64; its low bits hold the version. A tick is shorter than 1 ns.
pub(super) const SCALE_SHIFT: u32 = 64;

/// The remaining bits of the scale give a precision of 1 in 2^38 at 4 GHz. A version repeats after 2^23 moves: a quarter
/// of a year. The lowest bit is `UNSET`.
const VERSION: u64 = (1 << 24) - 2;

/// In the scale of an anchor that is not set.
const UNSET: u64 = 1;
/// The tick of an anchor that is not set, or is being moved: every reading is before it.
const NONE: u64 = u64::MAX;

/// On its own cache line, because every timed call reads it.
#[repr(align(128))]
#[derive(Debug)]
pub(super) struct Anchor {
    scale: AtomicU64,
    ticks: AtomicU64,
    nanos: AtomicU64,
    /// Version of the scale. Written only under the turn's lock.
    version: AtomicU64,
}

impl Anchor {
    pub(super) const fn unset() -> Self {
        let [nanos, version] = [const { AtomicU64::new(0) }; 2];
        Self { scale: AtomicU64::new(UNSET), ticks: AtomicU64::new(NONE), nanos, version }
    }

    pub(super) fn is_set(&self) -> bool {
        self.scale.load(Ordering::Acquire) & UNSET == 0
    }

    /// Returns the time of the tick that is read now. `None` if the anchor is unset or moves meanwhile, or the tick is
    /// before it.
    #[inline]
    pub(super) fn time(&self, tick: impl FnOnce() -> Option<u64>) -> Option<u64> {
        let scale = self.scale.load(Ordering::Acquire);
        let (ticks, nanos) = (self.ticks.load(Ordering::Acquire), self.nanos.load(Ordering::Acquire));
        let passed = tick()?.checked_sub(ticks)?;
        // Relaxed: the Acquire loads above also make visible all stores before the values that they read.
        (self.scale.load(Ordering::Relaxed) == scale).then(|| nanos.wrapping_add(scaled(passed, scale)))
    }

    /// Returns how far a tick is before the anchor. Requires the turn's lock.
    pub(super) fn behind(&self, tick: u64) -> u64 {
        scaled(self.ticks.load(Ordering::Relaxed).saturating_sub(tick), self.scale.load(Ordering::Relaxed))
    }

    /// Returns the anchor's time.
    pub(super) fn nanos(&self) -> u64 {
        self.nanos.load(Ordering::Relaxed)
    }

    /// Moves the anchor to another tick with a known time. Requires the turn's lock.
    pub(super) fn move_to(&self, tick: u64, nanos: u64) {
        self.set(self.scale.load(Ordering::Relaxed), tick, nanos);
    }

    /// Like `move_to`, with a new scale; also for the first anchor. Requires the turn's lock.
    pub(super) fn set(&self, scale: u64, tick: u64, nanos: u64) {
        let version = self.begin();
        self.scale.store(version, Ordering::Release);
        self.nanos.store(nanos, Ordering::Release);
        self.scale.store(scale & !(VERSION | UNSET) | version, Ordering::Release);
        self.ticks.store(tick, Ordering::Release);
    }

    /// Takes the tick away and returns the next version.
    fn begin(&self) -> u64 {
        let version = self.version.load(Ordering::Relaxed).wrapping_add(2) & VERSION;
        self.version.store(version, Ordering::Relaxed);
        // Relaxed: the Release of the scale comes after it.
        self.ticks.store(NONE, Ordering::Relaxed);
        version
    }

    /// Unsets the anchor: the counter is unreliable. Requires the turn's lock.
    pub(super) fn unset_now(&self) {
        let version = self.begin();
        self.scale.store(version | UNSET, Ordering::Release);
    }
}

/// Converts ticks to nanoseconds, with one multiplication.
#[inline]
fn scaled(ticks: u64, scale: u64) -> u64 {
    ((u128::from(ticks) * u128::from(scale)) >> SCALE_SHIFT) as u64
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_that_moves_while_it_is_read_tells_no_time() {
        let anchor = Anchor::unset();
        let half = 1 << (SCALE_SHIFT - 1);
        anchor.set(half, 1_000, 70);
        assert_eq!(anchor.time(|| Some(1_010)), Some(75));
        let moves: [&dyn Fn(); 3] =
            [&|| anchor.move_to(2_000, 570), &|| anchor.set(half, 10, 570), &|| anchor.unset_now()];
        for moves in moves {
            let read = anchor.time(|| {
                moves();
                Some(3_000)
            });
            assert_eq!(read, None);
        }
    }

    #[test]
    fn while_it_moves_and_before_it_an_anchor_tells_no_time() {
        let anchor = Anchor::unset();
        assert_eq!((anchor.time(|| Some(u64::MAX - 1)), anchor.is_set()), (None, false));
        anchor.set(1 << (SCALE_SHIFT - 1), 1_000, 70);
        assert_eq!((anchor.time(|| Some(999)), anchor.behind(980)), (None, 10));
        anchor.begin();
        assert_eq!((anchor.time(|| Some(1_000)), anchor.is_set()), (None, true));
        anchor.unset_now();
        assert_eq!((anchor.time(|| Some(1_000)), anchor.is_set()), (None, false));
    }
}
