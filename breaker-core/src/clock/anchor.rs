//! The anchor: a tick of the counter whose time is known, and how long a tick is. Every reading of the time starts here.
//!
//! # Orderings
//!
//! The words of the anchor are read as one. Whoever moves it marks it `MOVING` first, then writes tick and time, then the
//! scale, under another version. A reader loads the scale, tick and time, and the scale again: where both are the same,
//! nothing has moved in between.
//!
//! | store, by the holder of the turn | pairs with |
//! |---|---|
//! | `ticks`, `nanos`: Release | Acquire in `time`: who sees one of them sees the mark before it, and finds another scale |
//! | `scale`: Release | Acquire in `time`: who sees a scale sees the tick and the time that belong to it |
//! | `scale` of 0: Release | Acquire in `time`, `is_set`: who sees that the counter is gone sees the lead of the system's clock |

use std::sync::atomic::{AtomicU64, Ordering};

/// How long a tick is: nanoseconds times 2^56, less the low bits, which hold the version. A tick is shorter than 256 ns.
pub(super) const SCALE_SHIFT: u32 = 56;

/// What is left of the scale is exact to 1 in 2^30 for 4 GHz. A version comes back after 2^24 moves, half a year.
const VERSION: u64 = (1 << 24) - 1;

/// A scale that is none.
const UNSET: u64 = 0;
const MOVING: u64 = 1;

/// A cache line of its own: every timed call reads it.
#[repr(align(128))]
#[derive(Debug)]
pub(super) struct Anchor {
    scale: AtomicU64,
    ticks: AtomicU64,
    nanos: AtomicU64,
    /// Of the scale. Written by the holder of the turn alone.
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

    /// The time of the tick that is read now. `None` without an anchor, while it moves, and for a tick before it.
    #[inline]
    pub(super) fn time(&self, tick: impl FnOnce() -> Option<u64>) -> Option<u64> {
        let scale = self.scale.load(Ordering::Acquire);
        if scale <= MOVING {
            return None;
        }
        let (ticks, nanos) = (self.ticks.load(Ordering::Acquire), self.nanos.load(Ordering::Acquire));
        let passed = tick()?.checked_sub(ticks)?;
        // Relaxed: the Acquire above brings along whatever was stored before what it saw.
        (self.scale.load(Ordering::Relaxed) == scale).then(|| nanos.wrapping_add(scaled(passed, scale)))
    }

    /// How far a tick is before the anchor. For the holder of the turn.
    pub(super) fn behind(&self, tick: u64) -> u64 {
        scaled(self.ticks.load(Ordering::Relaxed).saturating_sub(tick), self.scale.load(Ordering::Relaxed))
    }

    /// The time that is known.
    pub(super) fn nanos(&self) -> u64 {
        self.nanos.load(Ordering::Relaxed)
    }

    /// Takes another tick whose time is known. For the holder of the turn.
    pub(super) fn move_to(&self, tick: u64, nanos: u64) {
        self.set(self.scale.load(Ordering::Relaxed), tick, nanos);
    }

    /// The same with another scale, or with the first one. For the holder of the turn.
    pub(super) fn set(&self, scale: u64, tick: u64, nanos: u64) {
        let version = self.version.load(Ordering::Relaxed).wrapping_add(1);
        self.version.store(version, Ordering::Relaxed);
        self.scale.store(MOVING, Ordering::Relaxed);
        self.ticks.store(tick, Ordering::Release);
        self.nanos.store(nanos, Ordering::Release);
        self.scale.store(scale & !VERSION | version & VERSION, Ordering::Release);
    }

    /// The counter is gone. For the holder of the turn.
    pub(super) fn unset_now(&self) {
        self.scale.store(UNSET, Ordering::Release);
    }
}

/// One multiplication.
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
