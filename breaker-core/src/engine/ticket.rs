//! What an admitted call carries from its admission to its end, and how it ends.

use super::frames::Frame;
use super::memory::Engine;
use super::policy::Counts;
use super::word::Word;

/// A call that was admitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(super) word: Word,
    pub(super) start: u64,
}

impl Ticket {
    pub(crate) fn is_probe(self) -> bool {
        self.word.is_probe()
    }

    /// If it succeeds, only counters change: see `Word`.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        self.word.is_plain()
    }

    /// When it was admitted, where that is known.
    pub(crate) fn started(self) -> Option<u64> {
        (self.word.is_timed() || self.word.is_probe() || self.is_exempt()).then_some(self.start)
    }

    /// Of a call that no engine was asked about: its end changes nothing.
    pub(super) fn exempt(start: u64) -> Self {
        Self { word: Word::EXEMPT, start }
    }

    fn is_exempt(self) -> bool {
        self.word == Word::EXEMPT
    }

    /// A probe runs on this thread from now on: what it calls is a part of it. It is to leave its frame, or end, on this
    /// thread.
    #[cold]
    #[must_use]
    pub(crate) fn in_frame(self, engine: &Engine) -> Self {
        let entered = self.is_probe() && !self.word.is_marked() && self.frame(engine).enter();
        if entered { Self { word: self.word.marked(), ..self } } else { self }
    }

    /// Its code doesn't run for now.
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

    /// Its end is not that of an ordinary call: see [`has_ended`](Self::has_ended).
    #[inline]
    pub(super) fn is_marked(self) -> bool {
        self.word.is_marked()
    }

    /// Leaves the frame, if it is in one. False if it is exempt, so that there is nothing to record.
    #[cold]
    pub(super) fn has_ended(self, engine: &Engine) -> bool {
        let _ = self.out_of_frame(engine);
        !self.is_exempt()
    }
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

/// What the end of a call leaves to be done under the lock: see [`Engine::conclude`](super::memory::Engine::conclude).
#[derive(Clone, Copy, Debug)]
#[must_use = "the circuit does not move before it is concluded"]
pub(crate) enum PendingTransition {
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
