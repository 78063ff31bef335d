//! Bytes as steps: after each step, the engine and the reference model agree on everything that can be observed.
//!
//! The ranges are those of the test `model`, or wider where both sides support it.

use breaker_core::Mode;
use breaker_tests::model::{End, Length, Pair, Spec, Step};

/// Each step copies all events of the run, so longer runs take too long.
const MOST_STEPS: usize = 300;

/// Of calls within calls.
const MOST_DEPTH: u32 = 3;

/// Returns whether the input contains a step.
///
/// # Panics
/// If the engine and the model disagree.
pub fn check(data: &[u8]) -> bool {
    let mut bytes = Bytes(data);
    let mut pair = Pair::new(bytes.spec());
    let mut made = 0;
    while made < MOST_STEPS
        && let Some(step) = bytes.step(0)
    {
        let shown = format!("{step:?}");
        if let Err(difference) = pair.apply(step) {
            panic!("step {made}, {shown}: {difference}");
        }
        made += 1;
    }
    pair.end();
    made > 0
}

/// The rest of the input. Past its end, all bytes are zero, so any input yields a configuration.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Returns a number from `low` to `high`. A range of at most 256 numbers uses one byte.
    fn within(&mut self, low: u64, high: u64) -> u64 {
        let range = high - low + 1;
        let mut number = u64::from(self.byte());
        let mut room = 256;
        while room < range {
            number = number << 8 | u64::from(self.byte());
            room <<= 8;
        }
        low + number % range
    }

    fn small(&mut self, low: u32, high: u32) -> u32 {
        u32::try_from(self.within(low.into(), high.into())).unwrap_or(high)
    }

    /// Reads a value if the next byte is odd.
    fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() % 2 == 1).then(|| read(self))
    }

    /// Returns a rate, mostly with a small denominator, so that calls can reach it exactly.
    fn share(&mut self) -> (u32, u32) {
        let whole = self.small(1, 100);
        let whole = if whole > 40 { whole % 10 + 1 } else { whole };
        (self.small(1, whole), whole)
    }

    /// Returns a threshold. With one that is far away, the engine can skip its sums for a while.
    fn threshold(&mut self) -> u32 {
        match u32::from(self.byte()) {
            far @ 192.. => far * 4 - 700,
            near => near % 20 + 1,
        }
    }

    /// Returns a number of calls, sometimes enough for a threshold that is far away.
    fn many(&mut self) -> u16 {
        match u16::from(self.byte()) {
            far @ 192.. => far,
            near => near % 64,
        }
    }

    fn spec(&mut self) -> Spec {
        let window = match self.byte() % 4 {
            0 => Length::Time(16_000),
            1 => Length::Time(self.within(1, 100_000)),
            _ => Length::Calls(self.small(1, 40)),
        };
        let mut threshold = self.maybe(Self::threshold);
        let streak = self.maybe(|bytes| bytes.small(1, 10));
        let rate = self.maybe(Self::share);
        let slow = self.maybe(|bytes| (bytes.within(1, 3_000), bytes.share()));
        let mut minimum = self.maybe(|bytes| bytes.small(1, 20));
        if let Length::Calls(calls) = window {
            // A window too short for a rule is rejected, so limit the rules to the window.
            threshold = threshold.map(|threshold| threshold.min(calls));
            minimum = minimum.map(|minimum| minimum.min(calls));
        }
        let open = self.within(1, 20_000);
        let flags = self.byte();
        let (successes, probes) = (self.small(1, 6), self.small(1, 6));
        let lease = self.within(1, 20_000);
        Spec {
            threshold,
            streak,
            rate,
            slow,
            timed: flags & 2 == 0,
            minimum,
            window,
            open,
            doubling: flags & 1 == 1,
            successes,
            probes,
            lease: (flags < 192).then_some(lease),
        }
    }

    fn end(&mut self) -> End {
        match self.byte() % 8 {
            0..=2 => End::Success,
            3..=4 => End::Failure,
            5 => End::Ignored,
            6 => End::Dropped,
            _ => End::OpenFor(self.within(1, 100_000)),
        }
    }

    /// Returns the steps that a call makes while it runs, or that a bypass contains.
    fn steps(&mut self, depth: u32) -> Vec<Step> {
        (0..self.within(0, 4)).map_while(|_| self.step(depth + 1)).collect()
    }

    fn step(&mut self, depth: u32) -> Option<Step> {
        if self.0.is_empty() {
            return None;
        }
        let kind = self.byte();
        Some(match kind % 16 {
            // Uses few bytes, taken from the kind below, so that most kept inputs keep their meaning.
            0 if kind >= 0xe0 && depth < MOST_DEPTH => Step::Around(self.steps(depth), self.end()),
            1 if kind >= 0xe0 && depth < MOST_DEPTH => Step::Bypass(self.steps(depth)),
            0..=3 => Step::Calls(1, self.end(), 0),
            4 => Step::Calls(1, self.end(), self.within(0, 4_000)),
            5 => Step::Calls(self.many(), self.end(), 0),
            6..=7 => Step::Acquire,
            8..=9 => Step::Finish(usize::from(self.byte()), self.end()),
            10 => Step::Wait(self.within(1, 256)),
            11 => Step::Wait(self.within(1, 40_000)),
            12 => Step::Probe(self.within(1, 130_000), self.end()),
            13 => Step::SetMode(match self.byte() % 4 {
                0 => Mode::Automatic,
                1 => Mode::ForcedOpen,
                2 => Mode::ForcedClosed,
                _ => Mode::Shadow,
            }),
            14 if matches!(kind, 238 | 254) => Step::Check(kind == 254),
            14 => Step::Reset,
            _ => Step::Reconfigure(self.spec()),
        })
    }
}
