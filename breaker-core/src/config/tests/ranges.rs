//! Ranges of each key: the last value that is allowed, and the first that is not.

use breaker_keys::{Kind, Value};

use super::*;

/// One invalid key causes one fault, which starts with the key and its value and says what to write instead.
fn rejected(settings: &Settings, start: &str) {
    let faults = faults(settings);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with(start), "{} does not start with {start}", faults[0]);
    assert!(faults[0].contains("; "), "{} has no remedy", faults[0]);
}

/// Sets each key of a kind to a value, one at a time.
fn each(kind: Kind, value: Value) -> impl Iterator<Item = (&'static str, Settings)> {
    breaker_keys::settings().filter(move |key| key.kind == kind).map(move |key| {
        let mut settings = Settings::NONE;
        assert!(settings.set(key, value), "{}", key.name);
        (key.name, settings)
    })
}

#[test]
fn counts_are_at_least_one() {
    for (key, settings) in each(Kind::Count, Value::Count(0)) {
        rejected(&settings, &format!("{key} = 0: must be at least 1; "));
    }
    for value in [1, u32::MAX] {
        for (_, settings) in each(Kind::Count, Value::Count(value)) {
            ok(&settings);
        }
    }
}

#[test]
fn durations_are_longer_than_zero() {
    for (key, settings) in each(Kind::Duration, Value::Duration(Duration::ZERO)) {
        rejected(&settings, &format!("{key} = 0s: must be longer than zero; write "));
    }
    for value in [Duration::from_nanos(1), Duration::MAX] {
        for (_, settings) in each(Kind::Duration, Value::Duration(value)) {
            ok(&settings);
        }
    }
}

#[test]
fn rates_are_shares() {
    let bad = [0.0, -0.0, -0.1, 1.000_001, 50.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for value in bad {
        let failures = Settings { failure_rate: Some(value), ..Settings::NONE };
        rejected(&failures, &format!("failure_rate = {value}: must be above 0 and at most 1; write 0."));
        let slow = Settings { slow_call_rate: Some(value), slow_call_duration: Some(secs(1)), ..Settings::NONE };
        rejected(&slow, &format!("slow_call_rate = {value}: must be above 0 and at most 1; write 0."));
    }
    for value in [f64::MIN_POSITIVE, 0.5, 1.0] {
        ok(&Settings {
            failure_rate: Some(value),
            slow_call_rate: Some(value),
            slow_call_duration: Some(secs(1)),
            ..Settings::NONE
        });
    }
}

#[test]
fn a_percentage_is_turned_into_a_share() {
    let settings = Settings { failure_rate: Some(50.0), ..Settings::NONE };
    assert_eq!(faults(&settings), ["failure_rate = 50: must be above 0 and at most 1; write 0.5"]);
    let two = Settings { open_timeout_jitter: Some(2.0), ..Settings::NONE };
    assert_eq!(faults(&two), ["open_timeout_jitter = 2: must be at least 0 and at most 1; write 0.2"]);
}

#[test]
fn multipliers_are_at_least_one_and_finite() {
    for value in [0.999, 0.0, -2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let settings = Settings { open_timeout_multiplier: Some(value), ..Settings::NONE };
        rejected(&settings, &format!("open_timeout_multiplier = {value}: must be at least 1 and finite; write 2"));
    }
    for value in [1.0, 2.0, f64::MAX] {
        ok(&Settings { open_timeout_multiplier: Some(value), ..Settings::NONE });
    }
}

#[test]
fn jitter_is_a_share_or_nothing() {
    for value in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let settings = Settings { open_timeout_jitter: Some(value), ..Settings::NONE };
        rejected(&settings, &format!("open_timeout_jitter = {value}: must be at least 0 and at most 1; write 0.2"));
    }
    for value in [0.0, -0.0, 0.5, 1.0] {
        ok(&Settings { open_timeout_jitter: Some(value), ..Settings::NONE });
    }
}

#[test]
fn windows_hold_something_but_not_too_many_calls() {
    let bad = [
        (Window::Time(Duration::ZERO), "window = 0s: must be longer than zero; "),
        (Window::Calls(0), "window = 0 calls: must be at least 1 call; "),
        (Window::Calls(16_385), "window = 16385 calls: must be at most 16384 calls; write 60s or 100"),
        (Window::Calls(u32::MAX), "window = 4294967295 calls: must be at most 16384 calls; "),
    ];
    for (window, start) in bad {
        rejected(&Settings { window: Some(window), ..Settings::NONE }, start);
    }
    let fine =
        [Window::Time(Duration::from_nanos(1)), Window::Time(Duration::MAX), Window::Calls(1), Window::Calls(16_384)];
    for window in fine {
        assert_eq!(ok(&Settings { window: Some(window), ..Settings::NONE }).window(), window);
    }
}

#[test]
fn all_faults_at_once() {
    let mut settings = Settings::NONE;
    let mut wrong = Vec::new();
    for key in breaker_keys::settings() {
        let value = match key.kind {
            Kind::Count => Value::Count(0),
            Kind::Share | Kind::Factor => Value::Number(f64::NAN),
            Kind::Duration => Value::Duration(Duration::ZERO),
            Kind::Window => Value::Calls(0),
            // All values of these kinds are in range.
            _ => continue,
        };
        assert!(settings.set(key, value), "{}", key.name);
        wrong.push(key.name);
    }
    let error = settings.resolve().unwrap_err();
    let keys: Vec<_> = error.faults().iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, wrong);
}
