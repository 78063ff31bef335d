//! Admission of calls. The entry point is [`Engine::begin`]; one load of the state word is enough for most calls of a
//! healthy service, and a few more loads for calls of an open circuit.

use super::answer::Answer;
use super::frames;
use super::host::Host;
use super::memory::Engine;
use super::open_time::left;
use super::slot::Slot;
use super::state::{Mode, State};
use super::stripe::{Stripe, ThreadStripe};
use super::ticket::Ticket;
use super::transition::Rejected;
use super::word::Word;
use crate::sync::Ordering;

/// Result of admission without the lock.
#[must_use = "an admitted call has to end"]
pub(super) enum Reply {
    Admitted(Ticket),
    Rejected(Rejected),
    /// Must be decided under the lock: see [`Engine::admit_locked`].
    Undecided,
    /// The mode has just changed.
    AskAgain,
    /// This thread is in a frame, which must be checked first.
    Framed,
}

/// What asks for admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// A call that this thread runs: a probe is in its frame from the admission on.
    Call,
    /// A permit, which may move to any thread.
    Permit,
}

impl Engine {
    /// Asks for admission of a call that this thread runs. If admitted, the caller must call [`end`](Self::end) with
    /// the ticket, and must take a probe [out of its frame](Ticket::out_of_frame) whenever the call is left pending.
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    pub(crate) fn begin(host: &impl Host) -> Result<Ticket, Rejected> {
        match host.engine().admit_plain() {
            Some((_, ticket)) => Ok(ticket),
            None => Self::ask(host).into(),
        }
    }

    /// Like `begin`, for a call that ends on this thread. For a plain call, also returns the stripe that counts it, for
    /// [`end_here`](Self::end_here).
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    pub(crate) fn begin_here(host: &impl Host) -> Result<(Option<&Stripe>, Ticket), Rejected> {
        match host.engine().admit_plain() {
            Some((own, ticket)) => Ok((Some(own), ticket)),
            None => match Self::ask(host).into() {
                Ok(ticket) => Ok((None, ticket)),
                Err(rejected) => Err(rejected),
            },
        }
    }

    /// Like `begin`, for a call that may run on any thread: a probe is in no frame.
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    pub(crate) fn begin_anywhere(host: &impl Host) -> Result<Ticket, Rejected> {
        match host.engine().admit_plain() {
            Some((_, ticket)) => Ok(ticket),
            None => Self::ask_for_permit(host).into(),
        }
    }

    /// Admits a plain call of the closed circuit, on a thread that has counted here before. Also returns the thread's
    /// stripe.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    fn admit_plain(&self) -> Option<(&Stripe, Ticket)> {
        let word = self.word();
        if !word.is_plain() {
            return None;
        }
        let own = self.own_stripe()?;
        ThreadStripe::own(own).count(|stripe| &stripe.admitted);
        Some((own, Ticket { word, start: 0 }))
    }

    /// A separate function, so that the code inlined into each caller is small.
    #[inline(never)]
    fn ask(host: &impl Host) -> Answer {
        match host.engine().admit_quickly(|| host.quick_now()) {
            Some(ticket) => Ok(ticket).into(),
            None => Self::ask_open(host, Asking::Call),
        }
    }

    #[inline(never)]
    fn ask_for_permit(host: &impl Host) -> Answer {
        match host.engine().admit_quickly(|| host.quick_now()) {
            Some(ticket) => Ok(ticket).into(),
            None => Self::ask_open(host, Asking::Permit),
        }
    }

    #[inline(never)]
    fn ask_open(host: &impl Host, asking: Asking) -> Answer {
        let Some(rejected) = host.engine().reject_open(|| host.quick_now()) else {
            return Self::ask_forced(host, asking);
        };
        host.rejected(rejected);
        Err(rejected).into()
    }

    #[inline(never)]
    fn ask_forced(host: &impl Host, asking: Asking) -> Answer {
        let Some(rejected) = Self::reject_forced(host) else {
            return Self::ask_closely(host, asking);
        };
        host.rejected(rejected);
        Err(rejected).into()
    }

    #[inline(never)]
    fn ask_closely(host: &impl Host, asking: Asking) -> Answer {
        Self::answer(host, asking, false)
    }

    /// Asks again, after a mode has ended, or for a call that is ordinary in spite of the thread's frames.
    #[cold]
    #[inline(never)]
    fn ask_again(host: &impl Host, asking: Asking, is_ordinary: bool) -> Answer {
        Self::answer(host, asking, is_ordinary)
    }

    #[expect(clippy::inline_always, reason = "`asking` is a constant in each caller")]
    #[inline(always)]
    fn answer(host: &impl Host, asking: Asking, is_ordinary: bool) -> Answer {
        let answer = match host.engine().admit(is_ordinary, || host.now(), || host.has_ended_mode()) {
            Reply::Admitted(ticket) => return Ok(ticket).into(),
            Reply::Rejected(rejected) => Err(rejected),
            Reply::Undecided if !is_ordinary && Slot::is_hidden() => return Self::ask_in_frame(host, asking),
            Reply::Undecided => Self::ask_locked(host, asking),
            Reply::AskAgain => return Self::ask_again(host, asking, is_ordinary),
            Reply::Framed => return Self::ask_in_frame(host, asking),
        };
        if let Err(rejected) = answer {
            host.rejected(rejected);
        }
        answer.into()
    }

    #[cold]
    fn ask_locked(host: &impl Host, asking: Asking) -> Result<Ticket, Rejected> {
        let (admission, transitions) = host.engine().admit_locked(host.compared_now());
        host.tell(transitions);
        // After `tell`, so that calls made by a listener are not part of the probe.
        admission.map(|ticket| if asking == Asking::Call { ticket.in_frame(host.engine()) } else { ticket })
    }

    #[cold]
    #[inline(never)]
    fn ask_in_frame(host: &impl Host, asking: Asking) -> Answer {
        let now = host.compared_now();
        if host.engine().is_exempt(now) { Ok(Ticket::exempt(now)).into() } else { Self::ask_again(host, asking, true) }
    }

    /// Whether a call that this thread makes now would be exempt because of a frame.
    pub(super) fn exempts(host: &impl Host) -> bool {
        Slot::is_hidden() && host.engine().is_exempt(host.compared_now())
    }

    #[cold]
    fn is_exempt(&self, now: u64) -> bool {
        frames::exempt(self, |generation| self.is_probing(generation, now))
    }

    /// Admits or rejects a call, as far as that can be decided without the lock. `clock` is read only if the call is
    /// timed or the circuit isn't closed. If frames must be checked first, nothing is counted; `is_ordinary` means that
    /// they have been checked.
    #[inline]
    pub(super) fn admit(&self, is_ordinary: bool, clock: impl Fn() -> u64, has_ended_mode: impl Fn() -> bool) -> Reply {
        let here = || if is_ordinary { Some(self.thread_stripe()) } else { self.unframed_stripe() };
        let reject = |rejected: Rejected| {
            let Some(here) = here() else { return Reply::Framed };
            here.count(|stripe| &stripe.rejections[rejected.index()]);
            Reply::Rejected(rejected)
        };
        let word = self.word();
        if word.admits() {
            let start = if word.is_timed() { clock() } else { 0 };
            let Some(here) = here() else { return Reply::Framed };
            here.count(|stripe| &stripe.admitted);
            return Reply::Admitted(Ticket { word, start });
        }
        if word.mode() == Mode::ForcedOpen {
            return if has_ended_mode() { Reply::AskAgain } else { reject(Rejected::ForcedOpen) };
        }
        let now = clock();
        self.known_rejection(word, now, reject).unwrap_or(Reply::Undecided)
    }

    /// Returns the time before which no call is admitted, in the mode automatic. Acquire pairs with the Release in
    /// `publish`: a reader of a value stored after another word also sees that word.
    #[inline]
    pub(super) fn quiet_until(&self) -> u64 {
        self.hot.quiet_until.load(Ordering::Acquire)
    }

    /// Rejects a call that finds this word, which doesn't admit it, if the reason is known without the lock.
    #[inline]
    fn known_rejection<T>(&self, word: Word, now: u64, reject: impl Fn(Rejected) -> T) -> Option<T> {
        let quiet_until = self.quiet_until();
        if now >= quiet_until || word.mode() == Mode::Shadow || self.word() != word {
            return None;
        }
        match word.state() {
            State::Open => Some(reject(Rejected::Open(left(quiet_until, now)))),
            State::HalfOpen if word.is_full() => Some(reject(Rejected::HalfOpen)),
            _ => None,
        }
    }

    /// Whether a call would be admitted now. Counts and changes nothing.
    #[inline]
    pub(crate) fn peek(host: &impl Host) -> Result<(), Rejected> {
        if host.engine().word().admits() { Ok(()) } else { Self::peek_closely(host) }
    }

    #[inline(never)]
    fn peek_closely(host: &impl Host) -> Result<(), Rejected> {
        if Self::exempts(host) {
            return Ok(());
        }
        let engine = host.engine();
        let word = engine.word();
        if word.admits() {
            return Ok(());
        }
        if word.mode() == Mode::ForcedOpen {
            return if host.has_ended_mode() { Self::peek(host) } else { Err(Rejected::ForcedOpen) };
        }
        let now = host.now();
        engine.known_rejection(word, now, Err).unwrap_or_else(|| engine.peek_locked(host.compared_now()))
    }

    /// Counts a rejection and returns it.
    pub(super) fn reject(&self, rejected: Rejected) -> Rejected {
        self.thread_stripe().count(|stripe| &stripe.rejections[rejected.index()]);
        rejected
    }
}
