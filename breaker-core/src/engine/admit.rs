//! How a call comes in. [`Engine::begin`] is the door; one load of the state word answers most callers of a healthy
//! service, and another few loads those of an open circuit.

use super::answer::Answer;
use super::host::Host;
use super::memory::Engine;
use super::open_time::left;
use super::state::{Mode, State};
use super::stripe::{Stripe, ThreadStripe};
use super::ticket::Ticket;
use super::transition::Rejected;
use super::word::Word;
use crate::sync::Ordering;

/// What can be answered without the lock.
#[must_use = "an admitted call has to end"]
pub(super) enum Reply {
    Admitted(Ticket),
    Rejected(Rejected),
    /// Asked at this time, and to be decided under the lock: see [`Engine::admit_locked`].
    Undecided(u64),
    /// The mode has just changed.
    AskAgain,
}

impl Engine {
    /// Asks for admission. Whoever is admitted calls [`end`](Self::end) with the ticket.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    pub(crate) fn begin(host: &impl Host) -> Result<Ticket, Rejected> {
        match host.engine().admit_plain() {
            Some((_, ticket)) => Ok(ticket),
            None => Self::ask(host).into(),
        }
    }

    /// The same for a call that ends on this thread: with the stripe that counts it, for [`end_here`](Self::end_here), if
    /// it is plain.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
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

    /// Admits a plain call of the closed circuit, on a thread that has counted here before: with its stripe.
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

    /// Apart, so that what is copied into each caller is small.
    #[inline(never)]
    fn ask(host: &impl Host) -> Answer {
        let answer = match host.engine().admit(|| host.now(), || host.has_ended_mode()) {
            Reply::Admitted(ticket) => return Ok(ticket).into(),
            Reply::Rejected(rejected) => Err(rejected),
            Reply::Undecided(now) => Self::ask_locked(host, now),
            Reply::AskAgain => return Self::ask(host),
        };
        if let Err(rejected) = answer {
            host.rejected(rejected);
        }
        answer.into()
    }

    #[cold]
    fn ask_locked(host: &impl Host, now: u64) -> Result<Ticket, Rejected> {
        let (admission, transitions) = host.engine().admit_locked(now);
        host.tell(transitions);
        admission
    }

    /// Admits or rejects any call, as far as that can be decided without the lock. `clock` is read only if the call is
    /// timed, or the circuit isn't closed.
    #[inline]
    pub(super) fn admit(&self, clock: impl Fn() -> u64, has_ended_mode: impl Fn() -> bool) -> Reply {
        let word = self.word();
        if word.admits() {
            let start = if word.is_timed() { clock() } else { 0 };
            self.thread_stripe().count(|stripe| &stripe.admitted);
            return Reply::Admitted(Ticket { word, start });
        }
        if word.mode() == Mode::ForcedOpen {
            if has_ended_mode() {
                return Reply::AskAgain;
            }
            return Reply::Rejected(self.reject(Rejected::ForcedOpen));
        }
        let now = clock();
        self.known_rejection(word, now, |rejected| Reply::Rejected(self.reject(rejected)))
            .unwrap_or(Reply::Undecided(now))
    }

    /// Rejects a call that finds this word, which doesn't admit it, where the reason is known without the lock.
    #[inline]
    fn known_rejection<T>(&self, word: Word, now: u64, reject: impl Fn(Rejected) -> T) -> Option<T> {
        // Acquire pairs with the Release in `publish`: who sees what came after the word sees another word, too.
        let quiet_until = self.hot.quiet_until.load(Ordering::Acquire);
        if now >= quiet_until || word.mode() == Mode::Shadow || self.word() != word {
            return None;
        }
        match word.state() {
            State::Open => Some(reject(Rejected::Open(left(quiet_until, now)))),
            State::HalfOpen if word.is_full() => Some(reject(Rejected::HalfOpen)),
            _ => None,
        }
    }

    /// Whether a call would be admitted now. Nothing is counted, and nothing changes.
    pub(crate) fn peek(host: &impl Host) -> Result<(), Rejected> {
        let engine = host.engine();
        let word = engine.word();
        if word.admits() {
            return Ok(());
        }
        if word.mode() == Mode::ForcedOpen {
            return if host.has_ended_mode() { Self::peek(host) } else { Err(Rejected::ForcedOpen) };
        }
        let now = host.now();
        engine.known_rejection(word, now, Err).unwrap_or_else(|| engine.peek_locked(now))
    }

    /// Counts a rejection.
    pub(super) fn reject(&self, rejected: Rejected) -> Rejected {
        self.thread_stripe().count(|stripe| &stripe.rejections[rejected.index()]);
        rejected
    }
}
