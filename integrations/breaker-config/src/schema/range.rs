//! The range of a key, found by trying: the core's checks are code that says what is wrong in words, and to have them as
//! data, too, would be a public type for one reader. That a range has no gaps and that 1 is in it is taken for granted
//! here; `tests/schema/values.rs` holds the ends against the loader.

use breaker_core::{Origin, SourcedSettings};
use serde_json::{Value, json};

use crate::check;
use crate::value::{Scalar, deserialize};

/// For a key that takes whole numbers.
pub(super) fn of_whole(key: &'static str) -> Value {
    let edge = |end| edge(1, end, u64::midpoint, |whole| fits(key, Scalar::Whole(whole)));
    let least = edge(0).map_or(0, |(least, _)| least);
    let most = edge(u64::MAX).map_or(u64::MAX, |(most, _)| most);
    json!({ "minimum": least, "maximum": most })
}

/// For a key that takes numbers with a fraction. There is always another number between a bound and what is beyond it, so
/// which of the two is meant shows in how long they are to write: the least above 0 has more than 300 digits.
pub(super) fn of_number(key: &'static str) -> Value {
    let mut range = json!({});
    for (end, closed, open) in [(f64::MIN, "minimum", "exclusiveMinimum"), (f64::MAX, "maximum", "exclusiveMaximum")] {
        let edge = edge(1.0, end, f64::midpoint, |number| fits(key, Scalar::Number(number)));
        let Some((inside, outside)) = edge else { continue };
        let length = |number: f64| number.abs().to_string().len();
        if length(inside) <= length(outside) {
            range[closed] = json!(inside);
        } else {
            range[open] = json!(outside);
        }
    }
    range
}

/// Between `inside`, which fits, and `end`: the last that fits, and the first that doesn't. None if `end` fits.
fn edge<T: Copy + PartialEq>(mut inside: T, end: T, middle: fn(T, T) -> T, fits: impl Fn(T) -> bool) -> Option<(T, T)> {
    let mut outside = end;
    if fits(end) {
        return None;
    }
    loop {
        let middle = middle(inside, outside);
        if middle == inside || middle == outside {
            return Some((inside, outside));
        }
        if fits(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
}

fn fits(key: &'static str, value: Scalar<'_>) -> bool {
    let settings = deserialize(key, value).map(|settings| SourcedSettings::new(settings, |_| Origin::Runtime));
    settings.is_ok_and(|settings| check::faults(&settings).is_empty())
}
