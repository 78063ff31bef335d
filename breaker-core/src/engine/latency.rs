//! Response times: sum, shortest, longest, and a histogram with a fixed number of buckets.
//!
//! Each factor of two has ten buckets, from 64 ns to 137 s. Adjacent bounds differ by at most 10 %, so a percentile,
//! reported as a bucket's harmonic mean, is off by at most 4.8 %. Shorter calls are in the first bucket, and reported
//! as no shorter than the shortest call. Longer calls have their own bucket, reported as the longest call.
//!
//! A bucket counts times above its lower bound, up to and including its upper bound, like a Prometheus histogram.

use super::writer::Writer;
use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering, OwnU64, lock};

const PER_OCTAVE: u64 = 10;
/// The first octave starts at 2^6 ns, the last ends at 2^37 ns. (Under loom, one octave is enough: see `stripe`.)
const FIRST_OCTAVE: u32 = 6;
const OCTAVES: usize = if cfg!(loom) { 1 } else { 31 };
const SHORTEST: u64 = 1 << FIRST_OCTAVE;
/// The longest time inside the octaves.
const LONGEST: u64 = 1 << (FIRST_OCTAVE as usize + OCTAVES);
const TOO_LONG_BUCKET: usize = OCTAVES * 10;
pub(crate) const BUCKETS: usize = TOO_LONG_BUCKET + 1;
/// When a stripe's bucket has counted this many calls, it is moved into the shared 64-bit one.
const SPILL_AT: u32 = 1 << 31;

/// Response times of one stripe.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Latency {
    sum: AtomicU64,
    last: LastBucket,
    buckets: [AtomicU32; BUCKETS],
    min: AtomicU64,
    max: AtomicU64,
}

/// The bucket that the stripe's own thread last counted in, with its range of times. Most calls of a service fall into
/// few buckets. An address that doesn't depend on the clock reading is known early, which alone saves 5 ns, a quarter
/// of two readings. The range holds no time that would be the shortest or the longest.
#[derive(Debug)]
struct LastBucket {
    from: OwnU64,
    span: OwnU64,
    index: OwnU64,
}

/// Counts moved from the stripes' 32-bit buckets; empty until one of them has counted 2^31 calls.
#[derive(Debug, Default)]
pub(crate) struct Spill(Mutex<Vec<u64>>);

impl Latency {
    /// Size of the fields before the buckets.
    #[cfg(all(test, not(loom)))]
    pub(super) const HEAD: usize = std::mem::offset_of!(Self, buckets);

    pub(crate) fn new() -> Self {
        Self {
            sum: AtomicU64::new(0),
            last: LastBucket { from: OwnU64::new(0), span: OwnU64::new(0), index: OwnU64::new(0) },
            buckets: std::array::from_fn(|_| AtomicU32::new(0)),
            min: AtomicU64::new(u64::MAX),
            max: AtomicU64::new(0),
        }
    }

    /// Resets the shortest and longest time. A call recorded concurrently by another thread may count as earlier; see
    /// [`Distribution::subtract`].
    #[cfg(feature = "test-util")]
    pub(super) fn restart_extremes(&self) {
        // Relaxed, as in `record`: they are independent.
        self.last.span.store(0, Ordering::Relaxed);
        self.min.store(u64::MAX, Ordering::Relaxed);
        self.max.store(0, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn record(&self, writer: Writer, nanos: u64, spill: &Spill) {
        if writer == Writer::Shared || !self.record_in_last(nanos) {
            self.record_anywhere(writer, nanos, spill);
        }
    }

    /// Records a call of the stripe's own thread if its time is in the remembered range. Otherwise, or if a number would
    /// overflow, returns false, and has recorded nothing.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    pub(crate) fn record_in_last(&self, nanos: u64) -> bool {
        self.add_to_last(nanos).is_some()
    }

    #[expect(clippy::inline_always, reason = "as `record_in_last`")]
    #[inline(always)]
    fn add_to_last(&self, nanos: u64) -> Option<()> {
        let bucket = self.buckets.get(self.last.index(nanos)?)?;
        // Relaxed, also the sum: buckets are independent; a snapshot may be one call ahead of the other counters, or behind
        // them.
        let count = bucket.load(Ordering::Relaxed);
        if count >= SPILL_AT - 1 {
            return None;
        }
        let sum = self.sum.load(Ordering::Relaxed).checked_add(nanos)?;
        self.sum.store(sum, Ordering::Relaxed);
        bucket.store(count + 1, Ordering::Relaxed);
        Some(())
    }

    #[inline(never)]
    pub(crate) fn record_anywhere(&self, writer: Writer, nanos: u64, spill: &Spill) {
        writer.update(&self.sum, |sum| Some(sum.saturating_add(nanos)));
        writer.update(&self.min, |min| (nanos < min).then_some(nanos));
        writer.update(&self.max, |max| (nanos > max).then_some(nanos));
        let index = index(nanos);
        let bucket = &self.buckets[index];
        // Relaxed: as in `add_to_last`.
        let count = if writer == Writer::Shared {
            bucket.fetch_add(1, Ordering::Relaxed) + 1
        } else {
            self.last.set(index, self.min.load(Ordering::Relaxed), self.max.load(Ordering::Relaxed));
            let count = bucket.load(Ordering::Relaxed) + 1;
            bucket.store(count, Ordering::Relaxed);
            count
        };
        if count == SPILL_AT {
            spill.take(bucket, index);
        }
    }
}

/// All accesses are Relaxed: only the stripe's own thread reads and writes this. (`reset_metrics`, for tests, empties the
/// range.)
impl LastBucket {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "below the number of buckets")]
    fn index(&self, nanos: u64) -> Option<usize> {
        let into = nanos.wrapping_sub(self.from.load(Ordering::Relaxed));
        (into < self.span.load(Ordering::Relaxed)).then(|| self.index.load(Ordering::Relaxed) as usize)
    }

    /// Remembers the part of a bucket that is between the shortest and the longest time so far, both included.
    fn set(&self, index: usize, min: u64, max: u64) {
        let (from, to) = bounds(index);
        let (from, to) = (from.max(min), to.min(max.saturating_add(1)));
        self.from.store(from, Ordering::Relaxed);
        self.span.store(to.saturating_sub(from), Ordering::Relaxed);
        self.index.store(index as u64, Ordering::Relaxed);
    }
}

impl Spill {
    /// Called once for 2^31 calls of a bucket. Readers hold the same lock, so they count each call exactly once.
    #[cold]
    fn take(&self, bucket: &AtomicU32, index: usize) {
        let mut spilled = lock(&self.0);
        spilled.resize(BUCKETS, 0);
        spilled[index] += u64::from(SPILL_AT);
        bucket.fetch_sub(SPILL_AT, Ordering::Relaxed);
    }
}

/// Sum of the response times of all stripes.
#[derive(Debug)]
pub(crate) struct Distribution {
    pub(crate) count: u64,
    pub(crate) sum: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    buckets: Box<[u64; BUCKETS]>,
    /// Calls up to the end of each octave, so that a percentile is found without a walk over all buckets.
    up_to: [u64; OCTAVES],
}

impl Distribution {
    pub(crate) fn collect<'a>(stripes: impl Iterator<Item = &'a Latency>, spill: &Spill) -> Self {
        let buckets = Box::new([0; BUCKETS]);
        let mut all = Self { count: 0, sum: 0, min: u64::MAX, max: 0, buckets, up_to: [0; OCTAVES] };
        let spilled = lock(&spill.0);
        for (total, spilled) in all.buckets.iter_mut().zip(spilled.iter()) {
            *total = *spilled;
        }
        for stripe in stripes {
            all.sum = all.sum.saturating_add(stripe.sum.load(Ordering::Relaxed));
            all.min = all.min.min(stripe.min.load(Ordering::Relaxed));
            all.max = all.max.max(stripe.max.load(Ordering::Relaxed));
            for (total, bucket) in all.buckets.iter_mut().zip(&stripe.buckets) {
                *total += u64::from(bucket.load(Ordering::Relaxed));
            }
        }
        drop(spilled);
        all.add_up();
        all
    }

    /// Finds the sums of the buckets.
    fn add_up(&mut self) {
        let mut calls = 0;
        for (up_to, octave) in self.up_to.iter_mut().zip(self.buckets.as_chunks::<10>().0) {
            calls += octave.iter().sum::<u64>();
            *up_to = calls;
        }
        self.count = calls + self.buckets[TOO_LONG_BUCKET];
    }

    /// Subtracts everything measured up to `then`. If a thread was recording when the extremes were reset, it may have
    /// noted no new ones: then they are those of the buckets.
    #[cfg(feature = "test-util")]
    pub(super) fn subtract(&mut self, then: &Self) {
        self.sum = self.sum.saturating_sub(then.sum);
        for (now, then) in self.buckets.iter_mut().zip(then.buckets.iter()) {
            *now = now.saturating_sub(*then);
        }
        self.add_up();
        let occupied =
            || self.buckets.iter().enumerate().filter(|(_, count)| **count > 0).map(|(index, _)| bounds(index));
        if self.min > self.max
            && let (Some((from, _)), Some((_, to))) = (occupied().next(), occupied().next_back())
        {
            (self.min, self.max) = (from, to - 1);
        }
    }

    /// Returns how many calls took at most 2^k nanoseconds, for a k from 7 to 37.
    #[inline]
    pub(crate) fn at_most(&self, k: u32) -> u64 {
        self.up_to.get((k - FIRST_OCTAVE - 1) as usize).copied().unwrap_or(self.count)
    }

    /// Returns the response time that this share of all calls did not exceed, or `None` if none was measured. Never
    /// above the longest response time.
    pub(crate) fn quantile(&self, share: f64) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let value = self.bucket_of(rank(share, self.count)).map_or(self.max, middle);
        Some(value.clamp(self.min.min(self.max), self.max))
    }

    /// Returns the bucket of the call with this rank. `None` if it took too long for the octaves.
    fn bucket_of(&self, rank: u64) -> Option<usize> {
        let octave = self.up_to.iter().position(|calls| *calls >= rank)?;
        let first = octave * 10;
        let mut seen = if octave == 0 { 0 } else { self.up_to[octave - 1] };
        let tenth = self.buckets[first..first + 10].iter().position(|count| {
            seen += count;
            seen >= rank
        });
        tenth.map(|tenth| first + tenth)
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rank between 1 and the count; beyond 2^53 calls a rank may be off by a few calls"
)]
fn rank(share: f64, count: u64) -> u64 {
    ((share * count as f64).ceil() as u64).clamp(1, count)
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "below the number of buckets")]
fn index(nanos: u64) -> usize {
    let nanos = nanos.clamp(SHORTEST + 1, LONGEST + 1);
    // Minus one, here and below, because a bucket includes its upper bound.
    let octave = (nanos - 1).ilog2();
    // The part above the octave's start, in tenths of the octave.
    let tenth = (nanos * PER_OCTAVE - 1 - (PER_OCTAVE << octave)) >> octave;
    (u64::from(octave - FIRST_OCTAVE) * PER_OCTAVE + tenth) as usize
}

/// Returns a bucket's lower bound in tenths of a nanosecond, because the first octaves' bounds aren't integers.
fn bound(index: usize) -> u128 {
    let index = index as u64;
    u128::from(PER_OCTAVE + index % PER_OCTAVE) << (u64::from(FIRST_OCTAVE) + index / PER_OCTAVE)
}

/// Returns the first time that a bucket counts, and the first that is too long for it.
fn bounds(index: usize) -> (u64, u64) {
    let nanos = |tenths: u128| u64::try_from(tenths / u128::from(PER_OCTAVE) + 1).unwrap_or(u64::MAX);
    let from = if index == 0 { 0 } else { nanos(bound(index)) };
    let to = if index == TOO_LONG_BUCKET { u64::MAX } else { nanos(bound(index + 1)) };
    (from, to)
}

/// Returns the harmonic mean of a bucket's bounds, which has the same relative distance from both.
fn middle(index: usize) -> u64 {
    let (low, high) = (bound(index), bound(index + 1));
    u64::try_from(2 * low * high / (low + high) / u128::from(PER_OCTAVE)).unwrap_or(u64::MAX)
}

#[cfg(all(test, not(loom)))]
#[path = "latency_tests.rs"]
mod tests;
