//! The window of the reference model: a list of all its calls.

use super::spec::{Length, MS, Spec};

/// The ended calls, oldest first.
#[derive(Debug, Default)]
pub(super) struct Window(Vec<Event>);

#[derive(Clone, Copy, Debug)]
struct Event {
    at: u64,
    /// Whether `at` is only known to the slice: a change of the window's length moved it to the last moment of its
    /// slice.
    is_dated: bool,
    failure: bool,
    slow: bool,
}

impl Window {
    pub(super) fn place(&mut self, at: u64, failure: bool, slow: bool) {
        self.0.push(Event { at, is_dated: false, failure, slow });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the requests, failures and slow calls in the window now.
    pub(super) fn counts(&self, length: Length, now: u64) -> (u64, u64, u64) {
        let held: Vec<_> = match length {
            Length::Time(ms) => {
                let present = slice(now, ms);
                self.0.iter().filter(|event| slice(event.at, ms) + 16 > present).collect()
            }
            Length::Calls(calls) => self.0.iter().skip(self.0.len().saturating_sub(calls as usize)).collect(),
        };
        let count = |of: fn(&Event) -> bool| held.iter().filter(|event| of(event)).count() as u64;
        (held.len() as u64, count(|event| event.failure), count(|event| event.slow))
    }

    /// Changes the configuration and keeps the calls that still fit.
    pub(super) fn reconfigure(&mut self, before: &Spec, spec: &Spec, now: u64) {
        match (before.window, spec.window) {
            (old, new) if old == new => {}
            (Length::Time(ms), Length::Time(_)) => {
                let present = slice(now, ms);
                self.0.retain(|event| slice(event.at, ms) + 16 > present);
                for event in self.0.iter_mut().filter(|event| !event.is_dated) {
                    (event.at, event.is_dated) = (end_of(slice(event.at, ms), ms).min(now), true);
                }
            }
            (Length::Calls(were), Length::Calls(calls)) => {
                let fit = were.min(calls) as usize;
                self.0.drain(..self.0.len().saturating_sub(fit));
            }
            _ => self.0.clear(),
        }
        let has_slow = spec.slow.is_none() || spec.slow.map(|(at, _)| at) == before.slow.map(|(at, _)| at);
        // W6: the old window does not hold what the new rules need.
        if !has_slow || (spec.places_successes() && !before.places_successes()) {
            self.0.clear();
        }
    }
}

/// Returns the number of the slice that holds a moment. A window has 16 slices; a slice leaves it when it is 16 slices
/// old.
///
/// The engine multiplies by slices per nanosecond, rounded up, so its slices end a few nanoseconds early. This model
/// rounds in the same way: when the window's length changes, a call moves to the last moment of its slice, and one
/// nanosecond may decide which slice of the new length that is.
fn slice(at: u64, window_ms: u64) -> u64 {
    u64::try_from((u128::from(at) * slices_to_the_nanosecond(window_ms)) >> 64).expect("no test lasts so long")
}

/// Returns the last nanosecond of a slice.
fn end_of(slice: u64, window_ms: u64) -> u64 {
    let next = (u128::from(slice + 1) << 64).div_ceil(slices_to_the_nanosecond(window_ms));
    u64::try_from(next).expect("no test lasts so long") - 1
}

/// Slices per nanosecond, in units of 2^-64.
fn slices_to_the_nanosecond(window_ms: u64) -> u128 {
    (16_u128 << 64).div_ceil(u128::from(window_ms * MS))
}
