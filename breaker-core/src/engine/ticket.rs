//! Tickets of admitted calls, and the ends of calls.

use super::frames::Frame;
use super::memory::Engine;
use super::policy::Counts;
use super::word::Word;

/// An admitted call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(super) word: Word,
    pub(super) start: u64,
}

impl Ticket {
    pub(crate) fn is_probe(self) -> bool {
        self.word.is_probe()
    }

    /// Whether a success of this call changes only counters: see `Word`.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        self.word.is_plain()
    }

    /// Returns the time of admission, if it is known.
    pub(crate) fn started(self) -> Option<u64> {
        (self.word.is_timed() || self.word.is_probe() || self.is_exempt()).then_some(self.start)
    }

    /// Creates the ticket of an exempt call: its end changes nothing.
    pub(super) fn exempt(start: u64) -> Self {
        Self { word: Word::EXEMPT, start }
    }

    fn is_exempt(self) -> bool {
        self.word == Word::EXEMPT
    }

    /// Marks a probe as running on this thread: calls made inside it are part of it. It must leave its frame, or end,
    /// on this thread.
    #[cold]
    #[must_use]
    pub(crate) fn in_frame(self, engine: &Engine) -> Self {
        let entered = self.is_probe() && !self.word.is_marked() && self.frame(engine).enter();
        if entered { Self { word: self.word.marked(), ..self } } else { self }
    }

    /// Marks a probe as not running.
    #[cold]
    #[must_use]
    pub(crate) fn out_of_frame(self, engine: &Engine) -> Self {
        if !self.is_probe() || !self.word.is_marked() {
            return self;
        }
        self.frame(engine).leave();
        Self { word: self.word.unmarked(), ..self }
    }

    fn frame(self, engine: &Engine) -> Frame {
        Frame::probe(engine, self.word.generation())
    }

    /// Whether the end needs special handling: see [`has_ended`](Self::has_ended).
    #[inline]
    pub(super) fn is_marked(self) -> bool {
        self.word.is_marked()
    }

    /// Leaves the frame, if the call is in one. Returns false if the call is exempt, so that nothing is to be recorded.
    #[cold]
    pub(super) fn has_ended(self, engine: &Engine) -> bool {
        let _ = self.out_of_frame(engine);
        !self.is_exempt()
    }
}

/// End of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    Failure,
    /// A failure by the breaker's own `request_timeout`.
    TimedOut,
    /// A failure that opens the circuit at once, for this many nanoseconds.
    OpenFor(u64),
    Ignored,
    /// Dropped before the call ended.
    Abandoned,
}

/// Work that the end of a call leaves for the lock: see [`Engine::conclude`](super::memory::Engine::conclude).
#[derive(Clone, Copy, Debug)]
#[must_use = "the state does not change until it is concluded"]
pub(crate) enum PendingTransition {
    Probe {
        ticket: Ticket,
        end: End,
        slow: bool,
    },
    /// A rule fires by these counts and this number of consecutive failures.
    Trip {
        word: Word,
        counts: Counts,
        in_a_row: u64,
    },
    OpenFor {
        word: Word,
        nanos: u64,
    },
}
