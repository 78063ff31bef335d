//! The atomic cell around the pure machine: what a call reads and writes, and the lock for what is rare.

use super::count_window::CountWindow;
use super::latency::Spill;
use super::policy::{Counts, Limits};
use super::stripe::{self, Here, STRIPES, Slot, Stripe, Writer};
use super::tagged::Tagged;
use super::transition::{Machine, Refusal, Transition, left};
use super::window::{Geometry, SliceId};
use super::word::{Mode, State, Word};
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
    pub(super) rare: Mutex<Rare>,
}

/// Read by every call, written only when something rare happens: a cache line of its own.
#[derive(Debug)]
#[repr(C, align(128))]
pub(super) struct Hot {
    pub(super) word: AtomicU64,
    /// A call of at least this many nanoseconds is slow.
    pub(super) slow_at: AtomicU64,
    pub(super) rules: AtomicU64,
    /// See `Machine::quiet_until`.
    pub(super) quiet_until: AtomicU64,
    /// The present slice (40 bits) and how many bad calls a stripe may have in it before a verdict is due (24 bits).
    pub(super) headroom: AtomicU64,
    /// By the parity of the word's version.
    pub(super) geometry: [[AtomicU64; 2]; 2],
    /// See `Rules::to_bits`. Read one by one: a verdict by a mixture is taken again under the lock.
    pub(super) verdict: [AtomicU64; 5],
}

#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Padded<T>(pub(super) T);

/// What the lock guards.
#[derive(Debug)]
pub(super) struct Rare {
    pub(super) machine: Machine,
    pub(super) limits: Limits,
    pub(super) transitions: [u64; 5],
    pub(super) by_count: CountWindow,
    /// Of a window by count: it has held the calls that the rules wait for, so that no success can trip any more.
    pub(super) is_judged: bool,
}

/// Bits of `Hot::rules`.
pub(super) mod rule {
    /// A success may be the call that trips.
    pub(in crate::engine) const SUCCESS_CAN_TRIP: u64 = 1;
    /// Successes are placed in the window.
    pub(in crate::engine) const PLACES_SUCCESSES: u64 = 1 << 1;
    pub(in crate::engine) const STREAK: u64 = 1 << 2;
    /// Any rule looks at the window.
    pub(in crate::engine) const WINDOW: u64 = 1 << 3;
    /// The window is one by count.
    pub(in crate::engine) const BY_COUNT: u64 = 1 << 4;
}

/// A call that was admitted: what it carries from there to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(super) word: Word,
    pub(super) start: u64,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    Failure,
    /// A failure: the breaker's own `request_timeout`.
    TimedOut,
    /// A failure that opens at once, for so many nanoseconds.
    OpenFor(u64),
    Ignored,
    /// Dropped before it ended.
    Abandoned,
}

/// The answer to a caller who asks for admission.
pub(crate) enum Reply {
    Admitted(Ticket),
    Refused(Refusal),
    /// Asked at this time, and to be decided under the lock: see [`Engine::admit_rarely`].
    Undecided(u64),
}

/// `Result<Ticket, Refusal>` in two words, which a function returns in registers. Through memory it cost a refused call a
/// third more: written in pieces, read as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    /// The ticket's word, or 0.
    word: u64,
    /// When the call started; or how long to stay away, or one of the two numbers below.
    rest: u64,
}

const HALF_OPEN: u64 = u64::MAX - 1;
const FORCED_OPEN: u64 = u64::MAX - 2;

impl From<Result<Ticket, Refusal>> for Answer {
    #[inline]
    fn from(answer: Result<Ticket, Refusal>) -> Self {
        match answer {
            Ok(Ticket { word, start }) => Self { word: word.bits(), rest: start },
            // Two nanoseconds of 584 years are taken for two less.
            Err(Refusal::Open(left @ (HALF_OPEN | FORCED_OPEN))) => Self { word: 0, rest: left - 2 },
            Err(Refusal::Open(left)) => Self { word: 0, rest: left },
            Err(Refusal::HalfOpen) => Self { word: 0, rest: HALF_OPEN },
            Err(Refusal::ForcedOpen) => Self { word: 0, rest: FORCED_OPEN },
        }
    }
}

impl From<Answer> for Result<Ticket, Refusal> {
    #[inline]
    fn from(Answer { word, rest }: Answer) -> Self {
        match (word, rest) {
            (0, HALF_OPEN) => Err(Refusal::HalfOpen),
            (0, FORCED_OPEN) => Err(Refusal::ForcedOpen),
            (0, left) => Err(Refusal::Open(left)),
            // A word is never 0: generations begin with 1.
            (word, start) => Ok(Ticket { word: Word::from_bits(word), start }),
        }
    }
}

/// What the end of a call leaves to be done under the lock: see [`Engine::conclude`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Due {
    Probe {
        ticket: Ticket,
        end: End,
        slow: bool,
        now: u64,
    },
    /// A rule fires by these counts and this run of failures.
    Trip {
        word: Word,
        counts: Counts,
        in_a_row: u64,
        now: u64,
    },
    OpenFor {
        word: Word,
        nanos: u64,
        now: u64,
    },
}

/// Up to two transitions that one input led to, in order.
pub(crate) type Transitions = [Option<Transition>; 2];
pub(super) const NOTHING: Transitions = [None; 2];

impl Ticket {
    pub(crate) fn is_probe(self) -> bool {
        self.word.is_probe()
    }

    /// If it succeeds, only counters are told: see `Word`.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.word.is_plain()
    }

    pub(crate) fn started(self) -> Option<u64> {
        self.word.is_timed().then_some(self.start)
    }
}

impl Engine {
    /// `seed` sets the jitter of this breaker apart from that of others.
    pub(crate) fn new(now: u64, limits: Limits, seed: u64) -> Self {
        let machine = Machine::new(now, &limits, seed);
        let geometry = Geometry::of(limits.window, now, SliceId(0));
        let pair = || [AtomicU64::new(geometry.scale), AtomicU64::new(geometry.offset)];
        let engine = Self {
            hot: Hot {
                word: AtomicU64::new(machine.word(&limits).bits()),
                slow_at: AtomicU64::new(u64::MAX),
                rules: AtomicU64::new(0),
                quiet_until: AtomicU64::new(0),
                headroom: AtomicU64::new(0),
                geometry: [pair(), pair()],
                verdict: std::array::from_fn(|_| AtomicU64::new(0)),
            },
            streak: Padded(Tagged::new()),
            stripes: std::array::from_fn(|_| OnceBox::new()),
            spill: Spill::default(),
            rare: Mutex::new(Rare {
                machine,
                limits,
                transitions: [0; 5],
                by_count: CountWindow::default(),
                is_judged: false,
            }),
        };
        engine.begin(now);
        engine
    }

    /// Admits a plain call of the closed circuit, on a thread that has counted here before: with its stripe.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    pub(crate) fn admit_plain(&self) -> Option<(&Stripe, Ticket)> {
        let word = self.word();
        if !word.is_plain() {
            return None;
        }
        let own = self.own()?;
        Here::own(own).count(|stripe| &stripe.admitted);
        Some((own, Ticket { word, start: 0 }))
    }

    /// Admits or refuses any call, as far as that can be decided without the lock. `clock` is read only if the call is
    /// timed, or the circuit isn't closed.
    #[inline]
    pub(crate) fn admit(&self, clock: impl Fn() -> u64) -> Reply {
        let word = self.word();
        if word.admits() {
            let start = if word.is_timed() { clock() } else { 0 };
            self.here().count(|stripe| &stripe.admitted);
            return Reply::Admitted(Ticket { word, start });
        }
        if word.mode() == Mode::ForcedOpen {
            return Reply::Refused(self.refuse(Refusal::ForcedOpen));
        }
        let now = clock();
        // Acquire pairs with the Release in `publish`: who sees what came after the word sees another word, too.
        let quiet_until = self.hot.quiet_until.load(Ordering::Acquire);
        if now < quiet_until && word.mode() != Mode::Shadow && self.word() == word {
            match word.state() {
                State::Open => return Reply::Refused(self.refuse(Refusal::Open(left(quiet_until, now)))),
                State::HalfOpen if word.is_full() => return Reply::Refused(self.refuse(Refusal::HalfOpen)),
                _ => {}
            }
        }
        Reply::Undecided(now)
    }

    pub(super) fn refuse(&self, refusal: Refusal) -> Refusal {
        self.here().count(|stripe| &stripe.rejections[refusal.index()]);
        refusal
    }

    pub(super) fn locked_geometry(&self, word: Word) -> Geometry {
        let [scale, offset] = &self.hot.geometry[usize::from(word.version() & 1)];
        Geometry { scale: scale.load(Ordering::Relaxed), offset: offset.load(Ordering::Relaxed) }
    }

    /// The state as of `now`, an open circuit past its open time being half-open.
    pub(crate) fn effective_state(&self, now: u64) -> State {
        lock(&self.rare).machine.effective(now)
    }

    pub(crate) fn mode(&self) -> Mode {
        self.word().mode()
    }

    /// Acquire pairs with the Release in `publish`.
    #[inline]
    pub(super) fn word(&self) -> Word {
        Word::from_bits(self.hot.word.load(Ordering::Acquire))
    }

    /// Where the current thread counts, if it does so alone and has done so before.
    #[expect(clippy::inline_always, reason = "a handful of loads: a call would cost more")]
    #[inline(always)]
    pub(crate) fn own(&self) -> Option<&Stripe> {
        stripe::own(&self.stripes)
    }

    /// Where the current thread counts.
    #[inline]
    pub(crate) fn here(&self) -> Here<'_> {
        match self.own() {
            Some(stripe) => Here::own(stripe),
            None => self.elsewhere(),
        }
    }

    #[cold]
    fn elsewhere(&self) -> Here<'_> {
        let slot = Slot::current();
        Here { writer: slot.writer(), stripe: self.stripe(slot) }
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
        self.hot.headroom.store(0, Ordering::Relaxed);
        stripe
    }

    pub(super) fn live_stripes(&self) -> impl Iterator<Item = &Stripe> + Clone {
        self.stripes.iter().filter_map(OnceBox::get)
    }

    /// Failures in a row: over all threads where a rule counts them so, else the threads' own together.
    pub(super) fn in_a_row(&self, generation: u64, exact: bool) -> u64 {
        if exact {
            self.streak.0.read(generation)
        } else {
            self.live_stripes().map(|stripe| stripe.run(generation)).sum()
        }
    }

    /// A rule begins to count failures in a row over all threads: it starts from what the threads have counted.
    pub(super) fn begin_streak(&self, generation: u64) {
        self.streak.0.clear(Writer::Shared, generation);
        self.streak.0.add(Writer::Shared, generation, self.in_a_row(generation, false));
    }
}

pub(super) const HEADROOM_SLICE: u64 = (1 << 40) - 1;
pub(super) const HEADROOM_COUNT: u64 = (1 << 24) - 1;

#[cfg(all(test, not(loom)))]
#[path = "cell_tests.rs"]
mod tests;
