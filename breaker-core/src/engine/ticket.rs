//! What an admitted call carries from its admission to its end, and how it ends.

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
        (self.word.is_timed() || self.word.is_probe()).then_some(self.start)
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
    },
    /// A rule fires by these counts and this run of failures.
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
