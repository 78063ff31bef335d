//! The packed state word, which every call reads. Only this file accesses its bits.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 0–1 | state | closed, open, half-open |
//! | 2–3 | mode | automatic, forced open, forced closed, shadow |
//! | 4 | admits | every call is admitted and counted: the state is closed, and the mode isn't forced open |
//! | 5 | full | half-open, and all probe permits are in use; in a ticket, the bit is `marked` instead |
//! | 6 | timed | each call is measured (`response_times`) |
//! | 7 | probe | only in a ticket: this call is a probe |
//! | 8 | plain | a success changes only counters |
//! | 9 | placed | a success is placed in the window, and needs no verdict … |
//! | 10 | asks | … if there is headroom |
//! | 11 | streak | … and, as for a plain one, if no consecutive failures are counted |
//! | 12 | past | a window of another length has counted calls that still belong to the window |
//! | 13–27 | version | counts changes of the window's geometry |
//! | 28–63 | generation | counts transitions, mode changes and resets |
//!
//! A ticket's word is a copy of the word that admitted the call. Its bit 5, *marked*, means that the end of the call
//! needs special handling: the call is a probe in its frame, or it is exempt. The word of an exempt call's ticket has
//! no other bit.

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
/// All bits of a packed generation.
pub(crate) const GENERATION_MASK: u64 = (1 << (64 - GENERATION)) - 1;

/// A snapshot of the state; also stored in a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(u64);

/// Which short paths a success may take: see the bits with these names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four named bits of a word")]
pub(crate) struct Quick {
    pub(crate) plain: bool,
    pub(crate) placed: bool,
    pub(crate) asks: bool,
    pub(crate) streak: bool,
}

/// The parts of a word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub(crate) state: State,
    pub(crate) mode: Mode,
    pub(crate) full: bool,
    pub(crate) timed: bool,
    /// Only the low bits are packed.
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

    /// Whether the state is open, in the mode automatic.
    #[inline]
    pub(crate) fn is_open_automatically(self) -> bool {
        self.0 & (ADMITS - 1) == 1
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

    /// The word of an exempt call's ticket: no engine has it.
    pub(super) const EXEMPT: Self = Self(MARKED);

    /// For tickets only.
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

    /// Sets the bit "past": a window of another length has counts to add to the current one.
    #[must_use]
    pub(crate) fn with_past(self, is_there: bool) -> Self {
        Self(self.0 | flag(is_there, PAST))
    }

    #[inline]
    pub(crate) fn has_past(self) -> bool {
        self.0 & PAST != 0
    }

    /// Sets the bits of the short paths, if the word admits calls.
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
                assert_eq!(word.is_open_automatically(), state == State::Open && mode == Mode::Automatic);
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
