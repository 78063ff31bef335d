//! A stripe: the counts of one thread in one breaker. A breaker allocates a stripe at the first call of a thread.

use super::latency::Latency;
use super::slot::SOLE;
use super::split::Split;
use super::streak::LastEnd;
use super::tagged::Tagged;
use super::writer::Writer;
use crate::sync::{AtomicU64, Ordering, OwnU64};

/// Number of slices of a time-based window; a power of two.
pub(crate) const SLICES: usize = if cfg!(loom) { 2 } else { 16 };

/// The current thread's stripe of one breaker. Must not be kept across an await, because the future may move to another
/// thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadStripe<'a> {
    pub(crate) writer: Writer,
    pub(crate) stripe: &'a Stripe,
}

impl<'a> ThreadStripe<'a> {
    /// Wraps a stripe returned by [`Stripes::own`](super::stripes::Stripes::own).
    #[inline]
    pub(crate) fn own(stripe: &'a Stripe) -> Self {
        Self { writer: Writer::Sole, stripe }
    }

    /// Adds one to a counter.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    pub(crate) fn count(self, counter: impl Fn(&'a Stripe) -> &'a AtomicU64) {
        self.writer.add(counter(self.stripe), 1);
    }
}

/// Counts of the calls of one thread.
///
/// The fields that every call of a healthy service uses come first and fit into 128 bytes, one pair of cache lines. A
/// thread that calls a thousand services in turn waits for little more memory than these, its slice and its bucket.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Stripe {
    pub(crate) admitted: AtomicU64,
    pub(crate) successes: AtomicU64,
    pub(crate) failures: AtomicU64,
    /// Last success, for the rule on consecutive failures.
    pub(crate) streak_end: LastEnd,
    pub(crate) present: PresentSlice,
    pub(crate) latency: Latency,
    /// Version of the window that the slices belong to. Not used in the shared stripe.
    version: AtomicU64,
    pub(crate) slices: [Slice; SLICES],
    /// Sums of the earlier slices of the current slice's window, tagged with the current slice's whole number. Written
    /// when the stripe's thread enters a slice, since the earlier ones are complete by then. Full in the shared stripe,
    /// where they never are.
    pub(crate) before: Slice,
    /// That of its slot.
    pub(crate) index: usize,
    run: Run,
    pub(crate) ignored: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) timeouts: AtomicU64,
    pub(crate) slow: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) would_reject: AtomicU64,
    /// By reason, in the order of `Rejected`.
    pub(crate) rejections: [AtomicU64; 3],
    pub(crate) fallback_successes: AtomicU64,
    pub(crate) fallback_failures: AtomicU64,
}

/// Failures since this stripe's last success, for the metric if no rule counts them across threads. A success writes
/// nothing here: a run is valid while the number of successes is the same as when the run began. All accesses are
/// Relaxed: only a metric reads them.
#[derive(Debug)]
pub(crate) struct Run {
    /// Tagged with the generation.
    failures: Tagged,
    /// The stripe's successes when the run began.
    after: AtomicU64,
}

impl Stripe {
    /// Acquire pairs with the Release in `begin_window`: a reader of a version sees the slices without counts of
    /// earlier versions.
    #[inline]
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Assigns the emptied slices to this version. Only for the stripe's own thread.
    pub(crate) fn begin_window(&self, version: u64) {
        // Release pairs with the Acquire in `version`.
        self.version.store(version, Ordering::Release);
    }

    /// Counts a failure of the closed circuit.
    #[inline]
    pub(crate) fn lengthen_run(&self, writer: Writer, generation: u64) {
        let successes = self.successes.load(Ordering::Relaxed);
        if self.run.after.load(Ordering::Relaxed) != successes {
            self.run.failures.clear(writer, Split::GENERATION.prefix(generation));
            self.run.after.store(successes, Ordering::Relaxed);
        }
        // If it fails, another thread that shares this stripe has started a newer run.
        let _ = self.run.failures.add(writer, Split::GENERATION.prefix(generation), 1);
    }

    /// Notes a success that doesn't end the run of the closed circuit, because it is late or a probe's.
    pub(crate) fn keep_run(&self) {
        let successes = self.successes.load(Ordering::Relaxed);
        if self.run.after.load(Ordering::Relaxed).wrapping_add(1) == successes {
            self.run.after.store(successes, Ordering::Relaxed);
        }
    }

    /// Returns the length of the run.
    pub(crate) fn run(&self, generation: u64) -> u64 {
        let goes_on = self.run.after.load(Ordering::Relaxed) == self.successes.load(Ordering::Relaxed);
        if goes_on { self.run.failures.read(Split::GENERATION.prefix(generation)) } else { 0 }
    }
}

/// The slice that the stripe's own thread last counted in, with its time range; valid for one state word. Like the last
/// bucket of the response times, its address doesn't depend on the clock reading.
#[derive(Debug, Default)]
pub(crate) struct PresentSlice {
    pub(crate) from: OwnU64,
    pub(crate) span: OwnU64,
    pub(crate) number: OwnU64,
    pub(crate) split: OwnU64,
    /// The bits of its turn, as the cells have them.
    pub(crate) turn: OwnU64,
    /// What the headroom has if calls of the slice have no limit.
    pub(crate) unlimited: OwnU64,
    /// Half of the highest count of a cell.
    pub(crate) half: OwnU64,
    /// The state word for which it is valid.
    pub(crate) word: OwnU64,
}

/// One slice of a time-based window; each word contains the slice's turn.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) successes: Tagged,
    pub(crate) failures: Tagged,
    pub(crate) slow: Tagged,
}

impl Slice {
    fn new() -> Self {
        Self { successes: Tagged::new(), failures: Tagged::new(), slow: Tagged::new() }
    }
}

impl Stripe {
    /// Creates the stripe of the slot with this index.
    pub(crate) fn of(index: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            admitted: zero(),
            successes: zero(),
            failures: zero(),
            streak_end: LastEnd::new(),
            present: PresentSlice::default(),
            latency: Latency::new(),
            version: zero(),
            slices: std::array::from_fn(|_| Slice::new()),
            before: Slice::new(),
            index,
            run: Run { failures: Tagged::new(), after: zero() },
            ignored: zero(),
            abandoned: zero(),
            timeouts: zero(),
            slow: zero(),
            late: zero(),
            would_reject: zero(),
            rejections: std::array::from_fn(|_| zero()),
            fallback_successes: zero(),
            fallback_failures: zero(),
        }
    }
}

impl Stripe {
    /// Creates the stripe that threads share.
    pub(crate) fn shared() -> Self {
        let full = || Tagged::full();
        Self { before: Slice { successes: full(), failures: full(), slow: full() }, ..Self::of(SOLE) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_stripe_is_at_most_two_kib() {
        assert!(size_of::<Stripe>() <= 2048, "{}", size_of::<Stripe>());
    }

    #[test]
    fn what_every_call_touches_is_in_one_pair_of_cache_lines() {
        assert!(std::mem::offset_of!(Stripe, latency) + Latency::HEAD <= 128);
    }
}
