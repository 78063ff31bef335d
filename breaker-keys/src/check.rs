//! Ranges and conflicts.

use core::time::Duration;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::duration::Human;
use crate::fault::{Fault, Fix, Suggestion};
use crate::find::find;
use crate::key::{Bound, Conflict, KEYS, Key, Kind};
use crate::numbers::is_whole;
use crate::value::{Number, Value};

impl Key {
    /// What is wrong with a value of the kind of this key, if it is out of range.
    #[must_use]
    pub fn check(&self, value: Value) -> Option<Fault> {
        let is_whole = matches!(value, Value::Number(number) if is_whole(number));
        self.check_literal(value, is_whole)
    }

    /// The same, where it is known whether a number is written without a fraction: `2` may mean 2 %, `2.0` doesn't.
    #[must_use]
    pub fn check_literal(&self, value: Value, is_whole: bool) -> Option<Fault> {
        let range = &self.range;
        let fault = |what: String, fix| Some(Fault::new(format!("must be {what}"), fix));
        match value {
            Value::Count(count) if !range.contains(count.into()) => fault(range.text.into(), Fix::example(self)),
            Value::Number(number) if !range.contains(number) => fault(range.text.into(), self.share(number, is_whole)),
            Value::Duration(Duration::ZERO) => {
                fault("longer than zero".into(), Fix::value(Suggestion::text(self.example_duration())))
            }
            Value::Calls(calls) if !range.contains(calls.into()) => {
                let what = match range.max {
                    Bound::Closed(most) if f64::from(calls) > most => format!("at most {most} calls"),
                    _ => "at least 1 call".into(),
                };
                fault(what, Fix::example(self))
            }
            _ => None,
        }
    }

    fn example_duration(&self) -> String {
        if self.kind == Kind::Window { "60s".into() } else { Suggestion::example(self).text }
    }

    /// Whoever writes 50 for a share means 50 %; 1.5 is nobody's percentage.
    fn share(&self, number: f64, is_whole: bool) -> Fix {
        let is_percentage = self.kind == Kind::Share && is_whole && (2.0..=100.0).contains(&number);
        if is_percentage {
            Fix::value(Suggestion::bare(format!("{}", Number(number / 100.0))))
        } else {
            Fix::example(self)
        }
    }
}

/// What is known of a key when conflicts are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Given {
    /// It isn't set.
    No,
    /// It is set to something that can't be compared: code, or a value out of range, which is a fault by itself.
    Something,
    /// It is set to this.
    Value(Value),
}

/// The conflicts among the keys that are set, in the order of the table, each with its key.
pub fn conflicts(given: &dyn Fn(&'static Key) -> Given) -> Vec<(&'static Key, Fault)> {
    let mut faults = Vec::new();
    for key in KEYS.iter().filter(|key| !key.conflicts.is_empty()) {
        let value = given(key);
        if matches!(value, Given::No | Given::Value(Value::Off)) {
            continue;
        }
        faults.extend(key.conflicts.iter().filter_map(|conflict| Some((key, conflict.fault(key, value, given)?))));
    }
    faults
}

impl Conflict {
    /// The other key.
    #[must_use]
    pub fn other(self) -> &'static str {
        match self {
            Self::Needs(other)
            | Self::NotWith(other)
            | Self::NotWhileFalse(other)
            | Self::AtMost(other)
            | Self::AtLeast(other)
            | Self::FitsInto(other) => other,
        }
    }

    /// What is wrong with the value of `key` beside those of the others.
    fn fault(self, key: &'static Key, value: Given, given: &dyn Fn(&'static Key) -> Given) -> Option<Fault> {
        let other = find(self.other()).ok()?;
        let name = other.name;
        let remove = || Fix::Text("remove one of them".into());
        match (self, given(other)) {
            (Self::Needs(_), Given::No) if value != Given::Something => {
                Some(Fault::new(format!("needs `{name}`"), Fix::Add(name, Suggestion::example(other))))
            }
            (Self::NotWith(_), Given::Something | Given::Value(_)) => {
                Some(Fault::new(format!("can't be combined with `{name}`"), remove()).against(name))
            }
            (Self::NotWhileFalse(_), Given::Value(Value::Flag(false))) if value != Given::Something => {
                Some(Fault::new(format!("can't be combined with `{name} = false`"), remove()).against(name))
            }
            (_, Given::Value(theirs)) => {
                let Given::Value(ours) = value else { return None };
                let (what, fix) = self.compared(key.name, ours, theirs)?;
                Some(Fault::new(format!("must be {what}"), Fix::Text(fix)).against(name))
            }
            _ => None,
        }
    }

    fn compared(self, key: &str, ours: Value, theirs: Value) -> Option<(String, String)> {
        let words = |limit, more, less, theirs| {
            let (other, theirs) = (self.other(), Human(theirs));
            (
                format!("at {limit} `{other}`, which is {theirs}"),
                format!("write a {more} `{key}` or a {less} `{other}`"),
            )
        };
        match (self, ours, theirs) {
            (Self::AtMost(_), Value::Duration(ours), Value::Duration(theirs)) if ours > theirs => {
                Some(words("most", "shorter", "longer", theirs))
            }
            (Self::AtLeast(_), Value::Duration(ours), Value::Duration(theirs)) if ours < theirs => {
                Some(words("least", "longer", "shorter", theirs))
            }
            (Self::FitsInto(other), Value::Count(ours), Value::Calls(calls)) if ours > calls => Some((
                format!("at most `{other}`, which is {}", Value::Calls(calls)),
                format!("write at most {calls}, or a longer `{other}`"),
            )),
            _ => None,
        }
    }

    /// The value to which one that nobody has set gives way, next to that of the other key.
    #[must_use]
    pub fn give_way(self, unset: Value, set: Value, unset_has_conflict: bool) -> Value {
        let shorter = match self {
            Self::AtMost(_) | Self::FitsInto(_) => unset_has_conflict,
            Self::AtLeast(_) => !unset_has_conflict,
            Self::Needs(_) | Self::NotWith(_) | Self::NotWhileFalse(_) => return unset,
        };
        match (unset, set) {
            (Value::Duration(unset), Value::Duration(set)) if shorter => Value::Duration(unset.min(set)),
            (Value::Duration(unset), Value::Duration(set)) => Value::Duration(unset.max(set)),
            (Value::Count(unset), Value::Calls(calls)) if shorter => Value::Count(unset.min(calls)),
            _ => unset,
        }
    }
}
