//! Checks ranges and conflicts.

use core::time::Duration;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::duration::Human;
use crate::fault::{Fault, Fix, Suggestion};
use crate::find::{find, setting};
use crate::key::{Bound, Conflict, KEYS, Key, Kind};
use crate::numbers::is_whole;
use crate::replaced::replaced;
use crate::value::{Number, Value};

impl Key {
    /// Returns the fault of a value of this key's kind if it is out of range. The value's notation is not known here: 50
    /// probably means 50 %, but 2 may be the 2.0 of a program, which doesn't mean 2 %.
    #[must_use]
    pub fn check(&self, value: Value) -> Option<Fault> {
        let is_percentage = matches!(value, Value::Number(number) if is_whole(number) && number >= 10.0);
        self.check_written(value, is_percentage)
    }

    /// Like [`check`](Self::check), for a caller that knows whether a number may be a percentage.
    pub(crate) fn check_written(&self, value: Value, may_be_percentage: bool) -> Option<Fault> {
        let range = &self.range;
        let fault = |what: String, fix| Some(Fault::new(format!("must be {what}"), fix));
        match value {
            Value::Count(count) if !range.contains(count.into()) => fault(range.text.into(), Fix::example(self)),
            Value::Number(number) if !range.contains(number) => {
                fault(range.text.into(), self.share(number, may_be_percentage))
            }
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

    fn share(&self, number: f64, may_be_percentage: bool) -> Fix {
        if self.kind == Kind::Share && may_be_percentage && (2.0..=100.0).contains(&number) {
            Fix::value(Suggestion::bare(format!("{}", Number(number / 100.0))))
        } else {
            Fix::example(self)
        }
    }
}

/// What is known of a key when conflicts are checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Given {
    /// The key isn't set.
    No,
    /// The key is set to something that can't be compared: code, or an invalid value, which has its own fault.
    Something,
    /// The key is set to this value.
    Value(Value),
}

/// Returns the conflicts among the keys that are set, each with its key: first those of the table, in its order, then the
/// fault that no trip rule is left, then the keys that another key replaces.
pub fn conflicts(given: &dyn Fn(&'static Key) -> Given) -> Vec<(&'static Key, Fault)> {
    let replaced = replaced(&|key| given(key) != Given::No);
    let mut faults = Vec::new();
    for key in KEYS.iter().filter(|key| !key.conflicts.is_empty()) {
        let value = given(key);
        if matches!(value, Given::No | Given::Value(Value::Off)) {
            continue;
        }
        let found = |conflict: &&Conflict| !is_repeated(key, **conflict, given);
        let mut of_key: Vec<_> = key.conflicts.iter().filter(found).collect();
        // One mistake is one fault: a key that can't be set at all needs no other key.
        let is_in_conflict = |conflict: &&Conflict| {
            !matches!(conflict, Conflict::Needs(_)) && conflict.fault(key, value, given).is_some()
        };
        if of_key.iter().any(is_in_conflict) {
            of_key.retain(|conflict| !matches!(conflict, Conflict::Needs(_)));
        }
        faults.extend(of_key.into_iter().filter_map(|conflict| Some((key, conflict.fault(key, value, given)?))));
    }
    faults.extend(no_rule_left(given));
    // One mistake is one fault: a key that is replaced by another has no further conflicts.
    faults.retain(|(key, _)| replaced.iter().all(|(other, _)| key != other));
    faults.extend(replaced);
    faults
}

/// Returns the fault of a circuit that no rule can open. The default rules apply if no other rule is set, so both of them must
/// be off. The fault is reported on the first of them.
fn no_rule_left(given: &dyn Fn(&'static Key) -> Given) -> Option<(&'static Key, Fault)> {
    let is = |name: &str, wanted: fn(Given) -> bool| setting(name).is_ok_and(|key| wanted(given(key)));
    let is_off = |name: &str| is(name, |given| given == Given::Value(Value::Off));
    let is_set = |name: &str| is(name, |given| !matches!(given, Given::No | Given::Value(Value::Off)));
    let has_threshold = is_set("failure_threshold") || is_set("preset") && !is_off("failure_threshold");
    let has_slow_rate = is_set("slow_call_rate") && !is_off("slow_call_duration");
    if has_threshold || has_slow_rate || !is_off("consecutive_failures") || !is_off("failure_rate") {
        return None;
    }
    let what = "leaves no trip rule beside `failure_rate = off`";
    let fix = Fix::Text("remove one of the two, or set `failure_threshold` or `slow_call_rate`".into());
    Some((setting("consecutive_failures").ok()?, Fault::new(what, fix).against("failure_rate")))
}

/// Whether another key that is set and needs this one has the same conflict. The fault is then reported on that key.
fn is_repeated(key: &Key, conflict: Conflict, given: &dyn Fn(&'static Key) -> Given) -> bool {
    let needs_it = |other: &&Key| other.conflicts.contains(&Conflict::Needs(key.name));
    KEYS.iter().filter(needs_it).any(|other| {
        let is_set = matches!(given(other), Given::Value(value) if value != Value::Off);
        is_set && other.conflicts.contains(&conflict)
    })
}

impl Conflict {
    /// Returns the other key.
    #[must_use]
    pub fn other(self) -> &'static str {
        match self {
            Self::Needs(other)
            | Self::NotWith(other)
            | Self::NotWhileFalse(other)
            | Self::AtMost(other)
            | Self::AtLeast(other)
            | Self::FitsInto(other)
            | Self::Replaces(other, _) => other,
        }
    }

    /// Returns the fault of `key`'s value beside the values of the other keys.
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

    /// Returns a default value adjusted to the value `set` of the other key. `unset_has_conflict` is whether this conflict
    /// belongs to the key with the default.
    #[must_use]
    pub fn give_way(self, unset: Value, set: Value, unset_has_conflict: bool) -> Value {
        let shorter = match self {
            Self::AtMost(_) | Self::FitsInto(_) => unset_has_conflict,
            Self::AtLeast(_) => !unset_has_conflict,
            Self::Needs(_) | Self::NotWith(_) | Self::NotWhileFalse(_) | Self::Replaces(..) => return unset,
        };
        match (unset, set) {
            (Value::Duration(unset), Value::Duration(set)) if shorter => Value::Duration(unset.min(set)),
            (Value::Duration(unset), Value::Duration(set)) => Value::Duration(unset.max(set)),
            (Value::Count(unset), Value::Calls(calls)) if shorter => Value::Count(unset.min(calls)),
            _ => unset,
        }
    }
}
