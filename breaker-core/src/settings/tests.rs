//! Keys, names, merging. Users depend on the values that are pinned here.

use std::time::Duration;

use breaker_keys::{DefaultValue, Key, Kind, Value};

use super::*;

#[cfg(feature = "serde")]
mod text;

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns a value of the key that is not its default. Values of one kind are equal, so that none contradicts another.
fn sample(key: &Key) -> Value {
    match key.kind {
        Kind::Count => Value::Count(7),
        Kind::Share => Value::Number(0.25),
        Kind::Factor => Value::Number(1.5),
        Kind::Duration => Value::Duration(secs(9)),
        Kind::Window => Value::Calls(50),
        // Slow calls need response times.
        Kind::Flag => {
            Value::Flag(key.name == "response_times" || key.default == DefaultValue::Value(Value::Flag(false)))
        }
        Kind::Choice => Value::Name(key.names.last().expect("a choice has names")),
        Kind::Text | Kind::Callable | Kind::CratePath | Kind::Expression => panic!("`{}` is no setting", key.name),
    }
}

/// Returns settings with every key set.
pub(crate) fn all() -> Settings {
    let mut all = Settings::NONE;
    for key in breaker_keys::settings() {
        assert!(all.set(key, sample(key)), "{}", key.name);
    }
    all
}

/// Compares the table of keys with the types of this crate.
#[test]
fn the_table_has_the_names_and_the_limits_of_this_crate() {
    let key = |name| breaker_keys::setting(name).expect("a key");
    assert_eq!(key("preset").names, Preset::ALL.iter().map(|preset| preset.as_str()).collect::<Vec<_>>());
    assert_eq!(key("criticality").names, Criticality::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>());
    assert_eq!(key("window").range.max, breaker_keys::Bound::Closed(Settings::MAX_WINDOW_CALLS.into()));
    assert_eq!(Settings::KEYS, breaker_keys::settings().map(|key| key.name).collect::<Vec<_>>());
}

#[test]
fn every_key_is_set_and_got_by_the_table() {
    for key in breaker_keys::settings() {
        assert_eq!(all().get(key), Some(sample(key)), "{}", key.name);
        assert!(!all().set(key, Value::Name("none of ours")), "{}", key.name);
        assert_eq!(Settings::NONE.get(key), None, "{}", key.name);
    }
}

#[test]
fn entries_lists_every_key_as_a_person_writes_it() {
    assert_eq!(Settings::NONE.entries(), []);
    let entries = all().entries();
    assert_eq!(entries.iter().map(|(key, _)| *key).collect::<Vec<_>>(), Settings::KEYS);
    for (key, value) in [
        ("preset", "s3"),
        ("failure_threshold", "7"),
        ("failure_rate", "0.25"),
        ("window", "50 calls"),
        ("open_timeout", "9s"),
        ("open_timeout_multiplier", "1.5"),
        ("fail_fast", "false"),
    ] {
        assert!(entries.contains(&(key, value.to_owned())), "{key}: {entries:?}");
    }
}

#[test]
fn over_prefers_what_is_laid_over_for_every_key() {
    assert_eq!(all().over(Settings::NONE), all());
    assert_eq!(Settings::NONE.over(all()), all());
    let other = Settings { failure_threshold: Some(70), fail_fast: Some(true), ..Settings::NONE };
    assert_eq!(all().over(other.clone()), all());
    let expected = Settings { failure_threshold: Some(70), fail_fast: Some(true), ..all() };
    assert_eq!(other.over(all()), expected);
}

#[test]
fn presets_are_read_by_name() {
    for preset in Preset::ALL {
        assert_eq!(preset.to_string().parse(), Ok(*preset));
    }
    assert_eq!(
        "redis".parse::<Preset>().map_err(|fault| fault.to_string()),
        Err("preset = \"redis\": unknown preset `redis`; the presets are `database`, `cache` and `s3`".to_owned())
    );
}

#[test]
fn criticalities_are_read_by_name() {
    for criticality in Criticality::ALL {
        assert_eq!(criticality.to_string().parse(), Ok(*criticality));
    }
    assert_eq!(
        "Optional".parse::<Criticality>().map_err(|fault| fault.to_string()),
        Err(
            "criticality = \"Optional\": unknown criticality `Optional`; did you mean `optional`? The values are `critical` and `optional`"
                .to_owned()
        )
    );
}

#[test]
fn every_key_is_described_in_one_paragraph() {
    for key in Settings::KEYS {
        let text = Settings::describe(key).expect("a key");
        assert!(text.ends_with('.') && !text.starts_with(' '), "{key}: {text:?}");
        assert!(!text.contains("  ") && !text.contains('\n'), "{key}: {text:?}");
    }
    let two_lines = "The share of slow calls in the window that opens the circuit. Values: number, above 0 and at most 1, or `off`; needs \
                     `slow_call_duration`; not while `response_times` is false. Default: off.";
    assert_eq!(Settings::describe("slow_call_rate"), Some(two_lines));
    assert_eq!(Settings::describe("Window"), None);
}

#[test]
fn the_nearest_key() {
    assert_eq!(Settings::nearest_key("open-timeout"), Some("open_timeout"));
    assert_eq!(Settings::nearest_key("Windows"), Some("window"));
    assert_eq!(Settings::nearest_key("slow_call_rte"), Some("slow_call_rate"));
    assert_eq!(Settings::nearest_key(""), None);
    assert_eq!(Settings::nearest_key("x"), None);
}
