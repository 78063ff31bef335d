//! Which stripe a thread writes to, and what a stripe holds.
//!
//! A thread takes one of 64 slots for its lifetime; in every breaker, the stripe of that slot is written by that
//! thread alone, so a count is a plain load and store. Threads beyond the 64th share one more stripe and pay for
//! an atomic read-modify-write. A breaker allocates a stripe when its thread first calls.

use std::cell::Cell;

use super::latency::Latency;
use super::tagged::Tagged;
use crate::sync::{AtomicU64, OnceBox, Ordering, per_thread, process_wide};

/// Stripes that have one writer each. (Under loom as few of everything as its models need: each atomic is one more that
/// each of its fences walks through.)
const SOLE: usize = if cfg!(loom) { 3 } else { 64 };
/// All stripes of a breaker, at the most.
pub(crate) const STRIPES: usize = SOLE + 1;
/// Slices of a time window; a power of two.
pub(crate) const SLICES: usize = if cfg!(loom) { 2 } else { 16 };

/// The stripe that the current thread writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u8);

impl Slot {
    /// The stripe of all threads that found no slot of their own; also for writes on another thread's behalf.
    #[expect(clippy::cast_possible_truncation, reason = "64 fits")]
    pub(crate) const SHARED: Self = Self(SOLE as u8);

    /// This thread's slot.
    pub(crate) fn current() -> Self {
        match MINE.with(Cell::get) {
            UNKNOWN => take(),
            index => Self(index),
        }
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

    /// A thread of a model has this slot, without asking which one is free: that is a protocol, and a model, of its own.
    pub(crate) fn assign(self) {
        MINE.with(|mine| mine.set(self.0));
    }

    /// What the end of a thread does.
    pub(crate) fn give_back() {
        release();
    }
}

/// The stripe of this thread among those that have one writer each, if the thread has a slot and the stripe is there.
#[expect(clippy::inline_always, reason = "a handful of loads: a call would cost more")]
#[inline(always)]
pub(crate) fn own(stripes: &[OnceBox<Stripe>; STRIPES]) -> Option<&Stripe> {
    // One comparison tells both a thread without a slot and one that shares.
    stripes[..SOLE].get(usize::from(MINE.with(Cell::get)))?.get()
}

/// How a thread may write to a stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// No other thread writes there: a plain load and store do.
    Sole,
    /// Others do, too.
    Shared,
}

impl Writer {
    /// Adds to a cumulative counter. The Release pairs with the Acquire loads of a snapshot: who sees a call's
    /// end there sees its admission, too.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    pub(crate) fn add(self, cell: &AtomicU64, count: u64) {
        match self {
            Self::Sole => cell.store(cell.load(Ordering::Relaxed).wrapping_add(count), Ordering::Release),
            Self::Shared => {
                cell.fetch_add(count, Ordering::Release);
            }
        }
    }

    /// Replaces the cell's value by `next` of it, unless that is `None`; the value written. `next` is pure: it may
    /// run more than once. The Release pairs with the Acquire in `Tagged::read`.
    #[inline]
    pub(crate) fn update(self, cell: &AtomicU64, next: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        let mut old = cell.load(Ordering::Relaxed);
        if self == Self::Sole {
            let new = next(old)?;
            cell.store(new, Ordering::Release);
            return Some(new);
        }
        loop {
            let new = next(old)?;
            match cell.compare_exchange_weak(old, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return Some(new),
                Err(seen) => old = seen,
            }
        }
    }
}

const UNKNOWN: u8 = u8::MAX;

per_thread! {
    // Apart from `Lease`, so that the read on every call needs no check whether a destructor is due.
    static MINE: Cell<u8> = const { Cell::new(UNKNOWN) };
    static LEASE: Lease = const { Lease };
}

process_wide! {
    /// One bit for each slot that a living thread holds; the bits beyond the slots are always set.
    static TAKEN: AtomicU64 = AtomicU64::new(!0 << (SOLE - 1) << 1);
}

#[cold]
fn take() -> Slot {
    // AcqRel pairs with the Release in `Lease::drop`: the next holder of a slot sees all that the last one wrote.
    let free = |taken: u64| (taken != u64::MAX).then(|| taken | (taken + 1));
    let slot = match TAKEN.fetch_update(Ordering::AcqRel, Ordering::Acquire, free) {
        Ok(taken) => Slot(u8::try_from((!taken).trailing_zeros()).unwrap_or(Slot::SHARED.0)),
        Err(_) => Slot::SHARED,
    };
    MINE.with(|mine| mine.set(slot.0));
    // In a thread that is ending, the lease can't be registered any more: then share.
    if LEASE.try_with(|_| ()).is_err() {
        release();
    }
    Slot(MINE.with(Cell::get))
}

fn release() {
    let mine = MINE.with(|mine| mine.replace(Slot::SHARED.0));
    if usize::from(mine) < SOLE {
        // Release pairs with the AcqRel in `take`.
        TAKEN.fetch_and(!(1 << mine), Ordering::Release);
    }
}

/// Gives the slot back when the thread ends.
struct Lease;

// loom drops what belongs to a thread all at once, and after the thread was joined: its models call `release`.
#[cfg(not(loom))]
impl Drop for Lease {
    fn drop(&mut self) {
        release();
    }
}

/// The current thread's stripe of one breaker. Not to be kept across an await: another thread may go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Here<'a> {
    pub(crate) writer: Writer,
    pub(crate) stripe: &'a Stripe,
}

impl<'a> Here<'a> {
    /// A stripe that [`own`] gave.
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

/// What the calls of one thread add up to.
///
/// What every call of a healthy service touches comes first and fits into 128 bytes, one pair of cache lines: a thread
/// that calls a thousand services in turn waits for little more than that, its slice and its bucket.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Stripe {
    pub(crate) admitted: AtomicU64,
    pub(crate) successes: AtomicU64,
    pub(crate) failures: AtomicU64,
    run: Run,
    pub(crate) present: PresentSlice,
    pub(crate) latency: Latency,
    pub(crate) slices: [Slice; SLICES],
    pub(crate) ignored: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) timeouts: AtomicU64,
    pub(crate) slow: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) would_reject: AtomicU64,
    /// By reason, in the order of `Refusal`.
    pub(crate) rejections: [AtomicU64; 3],
    pub(crate) fallback_successes: AtomicU64,
    pub(crate) fallback_failures: AtomicU64,
}

/// Failures since this stripe's last success, for the metric where no rule counts them over all threads. A success
/// writes nothing here: a run is as good as the number of successes that it began after. All relaxed: only a metric is
/// read from it.
#[derive(Debug)]
pub(crate) struct Run {
    /// Tagged with the generation.
    failures: Tagged,
    /// The stripe's successes when the run began.
    after: AtomicU64,
}

impl Stripe {
    /// A failure of the closed circuit.
    #[inline]
    pub(crate) fn lengthen_run(&self, writer: Writer, generation: u64) {
        let successes = self.successes.load(Ordering::Relaxed);
        if self.run.after.load(Ordering::Relaxed) != successes {
            self.run.failures.clear(writer, generation);
            self.run.after.store(successes, Ordering::Relaxed);
        }
        self.run.failures.add(writer, generation, 1);
    }

    /// A success that ends no run of the closed circuit, because it is late, or a probe's.
    pub(crate) fn keep_run(&self) {
        let successes = self.successes.load(Ordering::Relaxed);
        if self.run.after.load(Ordering::Relaxed).wrapping_add(1) == successes {
            self.run.after.store(successes, Ordering::Relaxed);
        }
    }

    /// How long the run is.
    pub(crate) fn run(&self, generation: u64) -> u64 {
        let goes_on = self.run.after.load(Ordering::Relaxed) == self.successes.load(Ordering::Relaxed);
        if goes_on { self.run.failures.read(generation) } else { 0 }
    }
}

/// The slice that the stripe's own thread counted in last, and the times that belong to it; valid under one
/// state word. As for response times: an address that is known before the clock was read.
#[derive(Debug, Default)]
pub(crate) struct PresentSlice {
    pub(crate) from: AtomicU64,
    pub(crate) span: AtomicU64,
    pub(crate) number: AtomicU64,
    /// The state word under which it was so.
    pub(crate) word: AtomicU64,
}

/// One slice of a time window; every word is tagged with the slice's turn.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) successes: Tagged,
    pub(crate) failures: Tagged,
    pub(crate) slow: Tagged,
}

impl Stripe {
    pub(crate) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        let slice = |_| Slice { successes: Tagged::new(), failures: Tagged::new(), slow: Tagged::new() };
        Self {
            admitted: zero(),
            successes: zero(),
            failures: zero(),
            run: Run { failures: Tagged::new(), after: zero() },
            present: PresentSlice::default(),
            latency: Latency::new(),
            slices: std::array::from_fn(slice),
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_stripe_is_at_most_two_kib() {
        assert!(size_of::<Stripe>() <= 2048, "{}", size_of::<Stripe>());
    }

    #[test]
    fn what_every_call_touches_is_in_one_pair_of_cache_lines() {
        assert_eq!(std::mem::offset_of!(Stripe, latency) + Latency::HEAD, 120);
    }

    #[test]
    fn a_thread_keeps_its_slot_and_gives_it_back() {
        let mine = Slot::current();
        assert_eq!(mine, Slot::current());
        let other = std::thread::spawn(Slot::current).join().expect("the thread returns its slot");
        assert!(other != mine || mine == Slot::SHARED);
    }

    #[test]
    fn slots_do_not_run_out_where_threads_come_and_go() {
        // The first one stays with this thread. Others may hold a few meanwhile, or all for a moment: then threads share.
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
