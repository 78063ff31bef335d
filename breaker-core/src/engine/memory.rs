//! Memory of one breaker: the cache line that every call reads, the stripes that calls write, and the data under the
//! lock.

use super::count_window::CountWindow;
use super::headroom::Headroom;
use super::latency::Spill;
use super::limits::Limits;
use super::past::Past;
use super::shared_room::SharedRoom;
use super::slice::Geometry;
use super::slot::Slot;
use super::state::{Mode, State};
use super::streak::{Number, Streak};
use super::stripe::{Stripe, ThreadStripe};
use super::stripes::Stripes;
use super::times::Times;
use super::transition::Machine;
use super::window::Summed;
use super::word::Word;
use crate::sync::{AtomicU64, Mutex, Ordering, fence, lock};

/// The engine of one breaker.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(super) hot: Hot,
    /// Consecutive failures across threads. Used only if the rule is set: then every failure writes it, and a success
    /// only reads it.
    pub(super) streak: Padded<Streak>,
    /// Written by bad calls, where there is room for too few of them to divide.
    pub(super) shared_room: Padded<SharedRoom>,
    pub(super) stripes: Stripes,
    pub(super) spill: Spill,
    pub(super) locked: Mutex<Locked>,
}

/// Read by every call and rarely written, so it has its own cache line.
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
    /// Scale, offset and version, indexed by the parity of the word's version.
    pub(super) geometry: [[AtomicU64; 3]; 2],
    /// See `Rules::to_bits`. The words are read one by one: a verdict by a mixture is reached again under the lock.
    pub(super) verdict: [AtomicU64; 4],
}

#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Padded<T>(pub(super) T);

/// Data guarded by the lock.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) machine: Machine,
    pub(super) limits: Limits,
    pub(super) transitions: [u64; 5],
    pub(super) times: Times,
    pub(super) by_count: CountWindow,
    /// Counts of windows of other lengths.
    pub(super) past: Past,
    /// For a count-based window: whether it has reached the minimum of calls of the rules, so that a success can't trip
    /// any more.
    pub(super) is_judged: bool,
}

impl Engine {
    /// `seed` makes the jitter of this breaker differ from that of others.
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
            streak: Padded(Streak::new()),
            shared_room: Padded(SharedRoom::none()),
            stripes: Stripes::new(),
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

    /// Returns the current geometry. Requires the lock.
    pub(super) fn locked_geometry(&self, word: Word) -> Geometry {
        self.read_geometry(word)
    }

    /// Returns the geometry of the word's version, or of a later one. Acquire: a reader of a later geometry also sees
    /// the word of the version before it.
    #[inline]
    pub(super) fn read_geometry(&self, word: Word) -> Geometry {
        let slot = &self.hot.geometry[usize::from(word.is_of_odd_version())];
        let [scale, offset, version] = [0, 1, 2].map(|part| slot[part].load(Ordering::Acquire));
        Geometry { scale, offset, version }
    }

    /// Returns the state as of `now`: an open circuit whose open timeout has passed is half-open, and a half-open one
    /// whose lease has ended is open, even if no call has noticed yet.
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

    /// Returns the current thread's own stripe, if it has one, has counted in it before, and is in no frame.
    #[expect(clippy::inline_always, reason = "a handful of loads: a call would cost more")]
    #[inline(always)]
    pub(super) fn own_stripe(&self) -> Option<&Stripe> {
        self.stripes.own()
    }

    /// Returns the stripe in which the current thread counts.
    #[inline]
    pub(crate) fn thread_stripe(&self) -> ThreadStripe<'_> {
        match self.own_stripe() {
            Some(stripe) => ThreadStripe::own(stripe),
            None => self.first_or_shared_stripe(),
        }
    }

    /// Like `thread_stripe`, but `None` if the current thread is in a frame.
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
        match self.stripes.get(slot) {
            Some(stripe) => stripe,
            None => self.new_stripe(slot),
        }
    }

    #[cold]
    fn new_stripe(&self, slot: Slot) -> &Stripe {
        let stripe = self.stripes.make(slot);
        // The headroom was divided without the shared stripe. (Others enter a slice before they count.) SeqCst pairs
        // with the fence in `put_room`: either that one sees this stripe, or this store comes after its own.
        fence(Ordering::SeqCst);
        self.take_back();
        stripe
    }

    pub(super) fn live_stripes(&self) -> impl Iterator<Item = &Stripe> + Clone {
        self.stripes.iter()
    }

    /// Returns the stripes with counts of this version of the window, and the shared stripe.
    pub(super) fn stripes_of(&self, version: u64) -> Summed<'_, impl Iterator<Item = &Stripe> + Clone> {
        let sole = self.stripes.counting().filter(move |stripe| stripe.version() == version);
        Summed { sole, shared: self.stripes.shared() }
    }

    /// Returns the length of the run up to this failure. `None` if a success came after it.
    pub(super) fn run_at(&self, failure: Number) -> Option<u64> {
        self.streak.0.run_at(failure, self.live_stripes().map(|stripe| &stripe.streak_end))
    }

    /// Returns the consecutive failures: across threads if `exact` (the rule is set), otherwise the longest run of one
    /// thread.
    pub(super) fn in_a_row(&self, generation: u64, exact: bool) -> u64 {
        if exact {
            let last = self.streak.0.last_failure(generation);
            last.and_then(|failure| self.run_at(failure)).unwrap_or(0)
        } else {
            self.live_stripes().map(|stripe| stripe.run(generation)).max().unwrap_or(0)
        }
    }
}
