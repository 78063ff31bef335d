//! Durations as text: the attribute and a configuration file accept the same texts, neither panics, nothing overflows,
//! and a displayed duration can be read again.

use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, Settings, State, Window};
use proc_macro2::{Ident, Span};
use quote::quote;

use crate::args::Args;
use crate::faults::Faults;
use crate::value::{Setting, Value};

/// Slightly less than the clock can count.
const CLOCK: Duration = Duration::from_secs(500 * 365 * 24 * 60 * 60);

/// Returns whether the input could be read.
///
/// # Panics
/// If a parser panics, or two of them disagree.
pub fn check(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let said = in_attribute("open_timeout", text);
    assert_eq!(said, in_attribute("window", text), "the attribute has one grammar");
    let file = in_file("open_timeout", text);
    let config = file.as_ref().and_then(|settings| settings.resolve().ok());
    assert_eq!(said, config.as_ref().map(Config::open_timeout), "the attribute and a file");
    let window = in_file("window", text).and_then(|settings| settings.resolve().ok()).map(|config| config.window());
    assert_eq!(said.map(Window::Time), window, "the attribute and a file, as a window");
    if let Some(exact) = exact(text) {
        assert!(said.is_none_or(|said| said.as_nanos() == exact), "{said:?} is not the sum of {exact} ns");
    }
    if let (Some(duration), Some(settings)) = (said, file) {
        shown(duration, &settings);
        runs(duration);
    }
    true
}

/// Returns the duration that the attribute reads, if any.
fn in_attribute(key: &str, text: &str) -> Option<Duration> {
    let mut faults = Faults::default();
    let name = Ident::new(key, Span::call_site());
    let args = Args::read(quote!(service = "s", #name = #text), &mut faults);
    let value = args.get(key).map(|arg| arg.value.clone());
    assert_eq!(value.is_none(), !faults.is_empty(), "a value or a fault");
    match value? {
        Value::Setting(Setting::Duration(duration)) => Some(duration),
        _ => panic!("a text must be read as a duration"),
    }
}

/// Returns the settings that a file reads, before ranges are checked.
fn in_file(key: &str, text: &str) -> Option<Settings> {
    serde_json::from_value(serde_json::json!({ key: text })).ok()
}

/// Returns the sum in nanoseconds, for texts in which each number and each unit is a separate word.
fn exact(text: &str) -> Option<u128> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (pairs, []) = words.as_chunks::<2>() else { return None };
    let each = pairs.iter().map(|[number, unit]| {
        let unit: u128 = match *unit {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => return None,
        };
        number.parse::<u64>().ok().map(|number| u128::from(number) * unit)
    });
    each.sum()
}

/// Checks that each displayed form of a duration can be read again.
fn shown(duration: Duration, settings: &Settings) {
    let [(_, text)] = &settings.entries()[..] else { panic!("one key must be set") };
    let texts = [text.clone(), Window::Time(duration).to_string()];
    for text in texts {
        assert_eq!(in_attribute("open_timeout", &text), Some(duration), "shown as {text}");
    }
    let written = serde_json::to_string(settings).expect("settings can be written");
    let read: Settings = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(read, *settings, "written as {written}");
}

/// A breaker with this window and this open timeout opens, and reports for how long, as far as it can.
fn runs(duration: Duration) {
    let config = Config::builder().window(duration).open_timeout(duration).failure_threshold(1).build();
    let (clock, time) = Clock::manual();
    let breaker = CircuitBreaker::with_clock("svc", config.expect("what can be read is in range"), clock);
    let call = || breaker.call(|| Err::<(), ()>(()));
    assert!(call().is_err());
    assert_eq!(breaker.state(), State::Open, "one failure in a window of {duration:?}");
    let wait = breaker.metrics().retry_after.expect("an open circuit has a retry-after");
    assert!(wait <= duration, "{wait:?} of {duration:?}");
    assert!(call().is_err());
    // The clock counts 584 years. A circuit that is open for longer never probes.
    time.advance(wait);
    if duration < CLOCK {
        assert_eq!((wait, breaker.state()), (duration, State::HalfOpen));
        breaker.call(|| Ok::<(), ()>(())).expect("a probe is admitted");
    }
}
