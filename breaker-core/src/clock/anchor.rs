//! The anchor: a tick of the counter with a known time, and the length of a tick. Every reading of the counter starts
//! here.
//!
//! # Orderings
//!
//! The anchor's words are read as one value. A writer sets the scale to `MOVING`, then writes the tick and the time,
//! then the scale with another version. A reader loads the scale, the tick and the time, and the scale again: if both
//! scales are equal, nothing has changed in between.
//!
//! | store, with the turn's lock held | pairs with |
//! |---|---|
//! | `ticks`, `nanos`: Release | Acquire in `time`: a reader of either also sees `MOVING` before it, so the scales differ |
//! | `scale`: Release | Acquire in `time`: a reader of a scale also sees its tick and time |
//! | `scale` of 0: Release | Acquire in `time`, `is_set`: a reader of 0 also sees the new lead of the system's clock |

use std::sync::atomic::{AtomicU64, Ordering};

/// The scale is nanoseconds per tick times 2^56; its low bits hold the version. A tick is shorter than 256 ns.
pub(super) const SCALE_SHIFT: u32 = 56;

/// The remaining bits of the scale give a precision of 1 in 2^30 at 4 GHz. A version repeats after 2^24 moves: half a
/// year.
const VERSION: u64 = (1 << 24) - 1;

/// Scale of an anchor that is not set.
const UNSET: u64 = 0;
const MOVING: u64 = 1;

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
        let [scale, ticks, nanos, version] = [const { AtomicU64::new(UNSET) }; 4];
        Self { scale, ticks, nanos, version }
    }

    pub(super) fn is_set(&self) -> bool {
        self.scale.load(Ordering::Acquire) != UNSET
    }

    /// Returns the time of the tick that is read now. `None` if the anchor is unset or moves meanwhile, or the tick is
    /// before it.
    #[inline]
    pub(super) fn time(&self, tick: impl FnOnce() -> Option<u64>) -> Option<u64> {
        let scale = self.scale.load(Ordering::Acquire);
        if scale <= MOVING {
            return None;
        }
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
        let version = self.version.load(Ordering::Relaxed).wrapping_add(1);
        self.version.store(version, Ordering::Relaxed);
        self.scale.store(MOVING, Ordering::Relaxed);
        self.ticks.store(tick, Ordering::Release);
        self.nanos.store(nanos, Ordering::Release);
        self.scale.store(scale & !VERSION | version & VERSION, Ordering::Release);
    }

    /// Unsets the anchor: the counter is unreliable. Requires the turn's lock.
    pub(super) fn unset_now(&self) {
        self.scale.store(UNSET, Ordering::Release);
    }
}

/// Converts ticks to nanoseconds, with one multiplication.
#[expect(clippy::cast_possible_truncation, reason = "584 years; a counter that has jumped so far is found out")]
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
        anchor.set(1 << SCALE_SHIFT, 1_000, 70);
        assert_eq!((anchor.time(|| Some(999)), anchor.behind(990)), (None, 10));
        anchor.scale.store(MOVING, Ordering::Relaxed);
        assert_eq!((anchor.time(|| Some(1_000)), anchor.is_set()), (None, true));
    }
}
