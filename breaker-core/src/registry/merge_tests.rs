use std::sync::OnceLock;
use std::time::Duration;

use super::*;
use crate::settings::Window;

static THREE: Site = Site::new("search", &[("failure_threshold", Value::Count(3))]);
static FOUR: Site = Site::new(
    "search",
    &[("failure_threshold", Value::Count(4)), ("open_timeout", Value::Duration(Duration::from_secs(9)))],
);
static FIVE: Site = Site::new("search", &[("failure_threshold", Value::Count(5))]);
static TWO_CALLS: Site = Site::new("search", &[("window", Value::Calls(2))]);

fn conflicts(merged: &Merged) -> Vec<(&'static str, String, String)> {
    let place = |one: &ConfiguredValue| format!("{} at {}", one.value, one.place);
    merged.conflicts.iter().map(|conflict| (conflict.key, place(&conflict.first), place(&conflict.second))).collect()
}

#[test]
fn the_first_place_holds_and_each_other_one_contradicts_it_once() {
    let merged = sites("search", &[&THREE, &FOUR, &FIVE]);
    assert_eq!((merged.config.failure_threshold(), merged.config.open_timeout()), (Some(3), Duration::from_secs(9)));
    let first = format!("3 at {}", THREE.location());
    let expected = [
        ("failure_threshold", first.clone(), format!("4 at {}", FOUR.location())),
        ("failure_threshold", first, format!("5 at {}", FIVE.location())),
    ];
    assert_eq!(conflicts(&merged), expected);
    assert_eq!(merged.place, THREE.location().to_string());
}

#[test]
fn where_they_do_not_fit_together_the_first_holds_alone() {
    let merged = sites("search", &[&TWO_CALLS, &THREE]);
    assert_eq!((merged.config.window(), merged.config.minimum_for_rates()), (Window::Calls(2), 2));
    let [(key, first, second)] = conflicts(&merged).try_into().expect("one conflict");
    assert_eq!(key, "failure_threshold");
    assert_eq!(first, format!("this function's settings alone at {}", TWO_CALLS.location()));
    assert!(second.starts_with("failure_threshold = 3: must be at most `window`"), "{second}");
    assert!(second.ends_with(&format!(" at {}", THREE.location())), "{second}");
}

/// Only the function that differs is in conflict; the others are not.
#[test]
fn a_place_that_repeats_what_holds_contradicts_nobody() {
    static AGAIN: Site = Site::new("search", &[("failure_threshold", Value::Count(3))]);
    let expected = (format!("3 at {}", THREE.location()), format!("4 at {}", FOUR.location()));
    let merged = sites("search", &[&THREE, &FOUR, &AGAIN]);
    assert_eq!(conflicts(&merged), [("failure_threshold", expected.0, expected.1)]);
}

/// The second key of a conflict may come from another function than the first key.
#[test]
fn each_value_has_the_place_that_sets_it() {
    static WITHOUT: Site = Site::new("search", &[("success_threshold", Value::Count(1))]);
    let expected = (format!("3 at {}", THREE.location()), format!("4 at {}", FOUR.location()));
    let merged = sites("search", &[&WITHOUT, &THREE, &FOUR]);
    assert_eq!(conflicts(&merged), [("failure_threshold", expected.0, expected.1)]);
}

/// A function that is loaded after the breaker was created.
#[test]
fn a_key_that_comes_too_late_is_a_conflict_unless_it_is_what_holds() {
    static DEFAULT: Site = Site::new("search", &[("success_threshold", Value::Count(2))]);
    let code = sites("search", &[&THREE]).code.said;
    let late = |site| Asker::Site(site).contradict("search", &code, "a.rs:1");
    let [conflict] = late(&FOUR)
        .into_iter()
        .filter(|conflict| conflict.key == "open_timeout")
        .collect::<Vec<_>>()
        .try_into()
        .expect("one");
    assert_eq!((conflict.first.value.as_str(), conflict.first.place.as_str()), ("not set", "a.rs:1"));
    assert_eq!((conflict.second.value.as_str(), conflict.second.place.clone()), ("9s", FOUR.location().to_string()));
    assert_eq!(late(&DEFAULT), []);
}

/// Each is compared with the merged settings, not with every other one: a thousand of them cause a thousand conflicts.
#[test]
fn many_functions_that_differ_contradict_the_first_alone() {
    static MANY: OnceLock<Vec<Site>> = OnceLock::new();
    let each = |n| Site::new("search", Box::leak(Box::new([("failure_threshold", Value::Count(n))])));
    let many: Vec<_> = MANY.get_or_init(|| (1..=1_000).map(each).collect()).iter().collect();
    let merged = sites("search", &many);
    assert_eq!(merged.conflicts.len(), 999);
    assert!(merged.conflicts.iter().all(|conflict| conflict.first.value == "1"));
}
