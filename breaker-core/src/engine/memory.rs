//! The memory of one breaker: the line that every call reads, the stripes that calls write, and what the lock guards.

use super::count_window::CountWindow;
use super::headroom::Headroom;
use super::latency::Spill;
use super::limits::Limits;
use super::past::Past;
use super::slice::Geometry;
use super::slot::{SOLE, STRIPES, Slot};
use super::split::Split;
use super::state::{Mode, State};
use super::stripe::{self, Stripe, ThreadStripe};
use super::tagged::Tagged;
use super::times::Times;
use super::transition::Machine;
use super::word::Word;
use crate::sync::{AtomicU64, Mutex, OnceBox, Ordering, fence, lock};

/// The whole engine of one breaker.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(super) hot: Hot,
    /// Failures in a row over all threads, tagged with the generation. Only where the rule is set: then every failure
    /// writes it, and a success only after a failure.
    pub(super) streak: Padded<Tagged>,
    pub(super) stripes: [OnceBox<Stripe>; STRIPES],
    pub(super) spill: Spill,
    pub(super) locked: Mutex<Locked>,
}

/// Read by every call, written only when something rare happens: a cache line of its own.
#[derive(Debug)]
#[repr(C, align(128))]
pub(super) struct Hot {
    pub(super) word: AtomicU64,
    /// A call of at least this many nanoseconds is slow.
    pub(super) slow_at: AtomicU64,
    /// See `RuleFlags`.
    pub(super) flags: AtomicU64,
    /// See `Machine::quiet_until`.
    pub(super) quiet_until: AtomicU64,
    pub(super) headroom: Headroom,
    /// By the parity of the word's version: scale, offset, version.
    pub(super) geometry: [[AtomicU64; 3]; 2],
    /// See `Rules::to_bits`. Read one by one: a verdict by a mixture is taken again under the lock.
    pub(super) verdict: [AtomicU64; 4],
}

#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Padded<T>(pub(super) T);

/// What the lock guards.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) machine: Machine,
    pub(super) limits: Limits,
    pub(super) transitions: [u64; 5],
    pub(super) times: Times,
    pub(super) by_count: CountWindow,
    /// What windows of other lengths have counted.
    pub(super) past: Past,
    /// Of a window by count: it has held the calls that the rules wait for, so that no success can trip any more.
    pub(super) is_judged: bool,
}

impl Engine {
    /// `seed` sets the jitter of this breaker apart from that of others.
    pub(crate) fn new(now: u64, limits: Limits, seed: u64) -> Self {
        let machine = Machine::new(now, &limits, seed);
        let geometry = Geometry::starting(limits.window, now, machine.version);
        let geometry = || [geometry.scale, geometry.offset, geometry.version].map(AtomicU64::new);
        let engine = Self {
            hot: Hot {
                word: AtomicU64::new(machine.word(&limits).bits()),
                slow_at: AtomicU64::new(u64::MAX),
                flags: AtomicU64::new(0),
                quiet_until: AtomicU64::new(0),
                headroom: Headroom::none(),
                geometry: [geometry(), geometry()],
                verdict: std::array::from_fn(|_| AtomicU64::new(0)),
            },
            streak: Padded(Tagged::new()),
            stripes: std::array::from_fn(|_| OnceBox::new()),
            spill: Spill::default(),
            locked: Mutex::new(Locked {
                machine,
                limits,
                transitions: [0; 5],
                times: Times::new(now),
                by_count: CountWindow::default(),
                past: Past::default(),
                is_judged: false,
            }),
        };
        engine.publish_first(now);
        engine
    }

    /// The present geometry, for the holder of the lock.
    pub(super) fn locked_geometry(&self, word: Word) -> Geometry {
        self.read_geometry(word)
    }

    /// The geometry of the word's version, or of a later one. Acquire: what is read of a later version brings the word of
    /// the one before that along.
    #[inline]
    pub(super) fn read_geometry(&self, word: Word) -> Geometry {
        let slot = &self.hot.geometry[usize::from(word.is_of_odd_version())];
        let [scale, offset, version] = [0, 1, 2].map(|part| slot[part].load(Ordering::Acquire));
        Geometry { scale, offset, version }
    }

    /// The state as of `now`: an open circuit past its open time is half-open, and a half-open one whose lease is over is
    /// open, also where nobody has looked yet.
    pub(crate) fn effective_state(&self, now: u64) -> State {
        let locked = lock(&self.locked);
        locked.machine.settled(now, &locked.limits)
    }

    pub(crate) fn mode(&self) -> Mode {
        self.word().mode()
    }

    /// Acquire pairs with the Release in `publish`.
    #[inline]
    pub(super) fn word(&self) -> Word {
        Word::from_bits(self.hot.word.load(Ordering::Acquire))
    }

    /// Where the current thread counts, if it does so alone, has done so before, and is in no frame.
    #[expect(clippy::inline_always, reason = "a handful of loads: a call would cost more")]
    #[inline(always)]
    pub(super) fn own_stripe(&self) -> Option<&Stripe> {
        stripe::own(&self.stripes)
    }

    /// Where the current thread counts.
    #[inline]
    pub(crate) fn thread_stripe(&self) -> ThreadStripe<'_> {
        match self.own_stripe() {
            Some(stripe) => ThreadStripe::own(stripe),
            None => self.first_or_shared_stripe(),
        }
    }

    /// The same, if the current thread is in no frame.
    #[inline]
    pub(super) fn unframed_stripe(&self) -> Option<ThreadStripe<'_>> {
        match self.own_stripe() {
            Some(stripe) => Some(ThreadStripe::own(stripe)),
            None => self.unframed_first_or_shared_stripe(),
        }
    }

    #[cold]
    fn unframed_first_or_shared_stripe(&self) -> Option<ThreadStripe<'_>> {
        (!Slot::is_hidden()).then(|| self.first_or_shared_stripe())
    }

    #[cold]
    fn first_or_shared_stripe(&self) -> ThreadStripe<'_> {
        let slot = Slot::current();
        ThreadStripe { writer: slot.writer(), stripe: self.stripe(slot) }
    }

    pub(super) fn stripe(&self, slot: Slot) -> &Stripe {
        let cell = &self.stripes[slot.index()];
        match cell.get() {
            Some(stripe) => stripe,
            None => self.new_stripe(slot),
        }
    }

    #[cold]
    fn new_stripe(&self, slot: Slot) -> &Stripe {
        let stripe = self.stripes[slot.index()].get_or_init(|| Box::new(Stripe::new()));
        // The headroom was shared out among fewer stripes. SeqCst pairs with the fence in `spare_sums`: either that one
        // sees this stripe, or this store comes after its own.
        fence(Ordering::SeqCst);
        self.hot.headroom.take_back();
        stripe
    }

    pub(super) fn live_stripes(&self) -> impl Iterator<Item = &Stripe> + Clone {
        self.stripes.iter().filter_map(OnceBox::get)
    }

    /// The stripes whose cells belong to this version of the window, and the one that threads share.
    pub(super) fn stripes_of(&self, version: u64) -> impl Iterator<Item = &Stripe> + Clone {
        let own = self.stripes[..SOLE].iter().filter_map(OnceBox::get);
        let own = own.filter(move |stripe| stripe.version() == version);
        own.chain(self.shared_stripe())
    }

    /// The stripe that threads share, once one of them has called.
    pub(super) fn shared_stripe(&self) -> Option<&Stripe> {
        self.stripes[Slot::SHARED.index()].get()
    }

    /// Failures in a row: over all threads where a rule counts them so, else the longest run of one thread.
    pub(super) fn in_a_row(&self, generation: u64, exact: bool) -> u64 {
        if exact {
            self.streak.0.read(Split::GENERATION.prefix(generation))
        } else {
            self.live_stripes().map(|stripe| stripe.run(generation)).max().unwrap_or(0)
        }
    }
}
