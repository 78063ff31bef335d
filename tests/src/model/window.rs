//! The reference's window: every call of it, in a list.

use super::spec::{Length, MS, Spec};

/// The calls that ended, oldest first.
#[derive(Debug, Default)]
pub(super) struct Window(Vec<Event>);

#[derive(Clone, Copy, Debug)]
struct Event {
    at: u64,
    /// Of a window of another length, only the slice was known: `at` is the last moment that it can be from.
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

    /// Requests, failures and slow calls in the window now.
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

    /// Another configuration: what still fits stays.
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
        // W6: what the new rules look at was not in the window.
        if !has_slow || (spec.places_successes() && !before.places_successes()) {
            self.0.clear();
        }
    }
}

/// Sixteen slices to a window: what is 16 slices old has left.
///
/// The engine multiplies by a number of slices to the nanosecond that is rounded up, so its slices end a few nanoseconds
/// early. It is the same here: a call is taken for the last moment of its slice when the window's length changes, and
/// whether that is before the end of another length's slice may hang on a nanosecond.
fn slice(at: u64, window_ms: u64) -> u64 {
    u64::try_from((u128::from(at) * slices_to_the_nanosecond(window_ms)) >> 64).expect("no test lasts so long")
}

/// The last nanosecond of a slice.
fn end_of(slice: u64, window_ms: u64) -> u64 {
    let next = (u128::from(slice + 1) << 64).div_ceil(slices_to_the_nanosecond(window_ms));
    u64::try_from(next).expect("no test lasts so long") - 1
}

/// In units of 2^-64.
fn slices_to_the_nanosecond(window_ms: u64) -> u128 {
    (16_u128 << 64).div_ceil(u128::from(window_ms * MS))
}
