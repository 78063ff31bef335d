use std::time::Duration;

use super::*;
use crate::settings::Window;

static THREE: Site = Site::new("search", Settings { failure_threshold: Some(3), ..Settings::NONE });
static FOUR: Site = Site::new(
    "search",
    Settings { failure_threshold: Some(4), open_timeout: Some(Duration::from_secs(9)), ..Settings::NONE },
);
static FIVE: Site = Site::new("search", Settings { failure_threshold: Some(5), ..Settings::NONE });
static TWO_CALLS: Site = Site::new("search", Settings { window: Some(Window::Calls(2)), ..Settings::NONE });

fn conflicts(merged: &Merged) -> Vec<(&'static str, String, String)> {
    let place = |one: &ConfiguredValue| format!("{} at {}", one.value, one.place);
    merged.conflicts.iter().map(|conflict| (conflict.key, place(&conflict.first), place(&conflict.second))).collect()
}

#[test]
fn the_first_place_holds_and_each_other_one_contradicts_it_once() {
    let merged = sites(&[&THREE, &FOUR, &FIVE]);
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
    let merged = sites(&[&TWO_CALLS, &THREE]);
    assert_eq!((merged.config.window(), merged.config.failure_threshold()), (Window::Calls(2), Some(2)));
    let [(key, first, second)] = conflicts(&merged).try_into().expect("one conflict");
    assert_eq!(key, "failure_threshold");
    assert_eq!(first, format!("this function's settings alone at {}", TWO_CALLS.location()));
    assert!(second.starts_with("failure_threshold = 3: must be at most `window`"), "{second}");
    assert!(second.ends_with(&format!(" at {}", THREE.location())), "{second}");
}
