//! The packed state word: the one thing that every call reads. Nothing outside this file touches its bits.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 0–1 | state | closed, open, half-open |
//! | 2–3 | mode | automatic, forced open, forced closed, shadow |
//! | 4 | admits | every call is admitted and counted: closed, and not forced open |
//! | 5 | full | half-open, and every probe permit is out; in a ticket it is `marked` instead |
//! | 6 | timed | each call is measured (`response_times`) |
//! | 7 | probe | only in a ticket: this call is a probe |
//! | 8 | plain | a success changes counters alone |
//! | 9 | placed | a success is placed in the window, and no verdict is due by it … |
//! | 10 | asks | … if there is headroom |
//! | 11 | streak | … and, as for a plain one, if no run of failures is counted |
//! | 12 | past | a window of another length has counted calls that are still in the window |
//! | 13–27 | version | counts changes of the window's geometry |
//! | 28–63 | generation | counts transitions, mode changes and resets |
//!
//! A ticket's word says once more what it was admitted by. Its bit 5, *marked*, says that its end is not that of an ordinary
//! call: a probe that is in its frame, or a call that is exempt, whose ticket has no other bit.

use super::state::{Mode, State};

const MODE: u32 = 2;
const ADMITS: u64 = 1 << 4;
const FULL: u64 = 1 << 5;
const MARKED: u64 = FULL;
const TIMED: u64 = 1 << 6;
const PROBE: u64 = 1 << 7;
const PLAIN: u64 = 1 << 8;
const PLACED: u64 = 1 << 9;
const ASKS: u64 = 1 << 10;
const STREAK: u64 = 1 << 11;
const PAST: u64 = 1 << 12;
const VERSION: u32 = 13;
const GENERATION: u32 = 28;
const VERSION_MASK: u64 = (1 << (GENERATION - VERSION)) - 1;
/// What fits; a generation that is packed has no more bits than these.
pub(crate) const GENERATION_MASK: u64 = (1 << (64 - GENERATION)) - 1;

/// A snapshot of the state; also what a ticket carries from its admission to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(u64);

/// The quick ways of a success, where there are any: see the bits of these names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four bits of a word, by their names")]
pub(crate) struct Quick {
    pub(crate) plain: bool,
    pub(crate) placed: bool,
    pub(crate) asks: bool,
    pub(crate) streak: bool,
}

/// What a word is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub(crate) state: State,
    pub(crate) mode: Mode,
    pub(crate) full: bool,
    pub(crate) timed: bool,
    /// Of these, the low bits fit.
    pub(crate) version: u64,
    pub(crate) generation: u64,
}

impl Word {
    pub(crate) fn pack(parts: Parts) -> Self {
        let state = match parts.state {
            State::Closed => 0,
            State::Open => 1,
            State::HalfOpen => 2,
        };
        let mode = match parts.mode {
            Mode::Automatic => 0,
            Mode::ForcedOpen => 1,
            Mode::ForcedClosed => 2,
            Mode::Shadow => 3,
        };
        let admits = parts.state == State::Closed && parts.mode != Mode::ForcedOpen;
        Self(
            state
                | mode << MODE
                | flag(admits, ADMITS)
                | flag(parts.full, FULL)
                | flag(parts.timed, TIMED)
                | (parts.version & VERSION_MASK) << VERSION
                | parts.generation << GENERATION,
        )
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) fn admits(self) -> bool {
        self.0 & ADMITS != 0
    }

    #[inline]
    pub(crate) fn is_timed(self) -> bool {
        self.0 & TIMED != 0
    }

    pub(crate) fn is_full(self) -> bool {
        self.0 & FULL != 0
    }

    #[inline]
    pub(crate) fn is_probe(self) -> bool {
        self.0 & PROBE != 0
    }

    /// What the ticket of an exempt call has: no engine has such a word.
    pub(super) const EXEMPT: Self = Self(MARKED);

    /// For a ticket.
    #[must_use]
    pub(super) fn unmarked(self) -> Self {
        Self(self.0 & !MARKED)
    }

    #[must_use]
    pub(super) fn marked(self) -> Self {
        Self(self.0 | MARKED)
    }

    #[inline]
    pub(super) fn is_marked(self) -> bool {
        self.0 & MARKED != 0
    }

    #[must_use]
    pub(crate) fn as_probe(self) -> Self {
        Self(self.0 | PROBE)
    }

    #[inline]
    pub(crate) fn generation(self) -> u64 {
        self.0 >> GENERATION
    }

    #[inline]
    pub(crate) fn version(self) -> u64 {
        self.0 >> VERSION & VERSION_MASK
    }

    #[inline]
    pub(crate) fn is_of_odd_version(self) -> bool {
        self.0 >> VERSION & 1 != 0
    }

    /// The same, where a window of another length has left something to add to the present one.
    #[must_use]
    pub(crate) fn with_past(self, is_there: bool) -> Self {
        Self(self.0 | flag(is_there, PAST))
    }

    #[inline]
    pub(crate) fn has_past(self) -> bool {
        self.0 & PAST != 0
    }

    /// The same with the quick ways open, if it admits; else there are none.
    #[must_use]
    pub(crate) fn with_quick(self, quick: Quick) -> Self {
        if !self.admits() {
            return self;
        }
        let Quick { plain, placed, asks, streak } = quick;
        Self(self.0 | flag(plain, PLAIN) | flag(placed, PLACED) | flag(asks, ASKS) | flag(streak, STREAK))
    }

    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.0 & PLAIN != 0
    }

    #[inline]
    pub(crate) fn is_placed(self) -> bool {
        self.0 & PLACED != 0
    }

    #[inline]
    pub(crate) fn asks(self) -> bool {
        self.0 & ASKS != 0
    }

    #[inline]
    pub(crate) fn has_streak(self) -> bool {
        self.0 & STREAK != 0
    }

    pub(crate) fn state(self) -> State {
        match self.0 & 0b11 {
            0 => State::Closed,
            1 => State::Open,
            _ => State::HalfOpen,
        }
    }

    pub(crate) fn mode(self) -> Mode {
        match (self.0 >> MODE) & 0b11 {
            0 => Mode::Automatic,
            1 => Mode::ForcedOpen,
            2 => Mode::ForcedClosed,
            _ => Mode::Shadow,
        }
    }
}

fn flag(on: bool, bit: u64) -> u64 {
    if on { bit } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_survives_packing_and_touches_no_other() {
        let states = [State::Closed, State::Open, State::HalfOpen];
        let modes = [Mode::Automatic, Mode::ForcedOpen, Mode::ForcedClosed, Mode::Shadow];
        for (state, mode) in states.into_iter().flat_map(|s| modes.map(|m| (s, m))) {
            for (flags, version, generation) in [(0, 0, 0), (1, VERSION_MASK, 1), (2, 1, (1 << 36) - 1), (3, 7, 9)] {
                let (full, timed) = (flags & 1 != 0, flags & 2 != 0);
                let word = Word::pack(Parts { state, mode, full, timed, version, generation });
                assert_eq!((word.state(), word.mode()), (state, mode));
                assert_eq!((word.is_full(), word.is_timed(), word.is_probe()), (full, timed, false));
                assert_eq!((word.version(), word.generation()), (version, generation));
                assert_eq!(word.admits(), state == State::Closed && mode != Mode::ForcedOpen);
                let quick = Quick { plain: flags & 1 != 0, placed: flags & 2 != 0, asks: true, streak: flags == 3 };
                let quick = if word.admits() { quick } else { Quick::default() };
                let word = word.with_quick(quick);
                let (plain, placed, asks, streak) = (word.is_plain(), word.is_placed(), word.asks(), word.has_streak());
                assert_eq!(Quick { plain, placed, asks, streak }, quick);
                assert_eq!((word.version(), word.generation()), (version, generation));
                assert!(!word.has_past() && word.with_past(true).has_past() && word.with_past(false) == word);
                assert_eq!(word.with_past(true).version(), version);
                assert_eq!(word.is_of_odd_version(), version % 2 == 1);
                assert!(word.as_probe().is_probe());
                assert_eq!(word.as_probe().generation(), generation);
            }
        }
    }
}
