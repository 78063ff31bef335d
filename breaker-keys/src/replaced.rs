//! Finds keys that must not be set beside a key that replaces them.

use alloc::format;
use alloc::vec::Vec;

use crate::fault::{Fault, Fix};
use crate::key::{Conflict, KEYS, Key, Scope};

/// Returns the keys that are set beside one that doesn't allow them, each with its fault.
pub(crate) fn replaced(is_set: &dyn Fn(&'static Key) -> bool) -> Vec<(&'static Key, Fault)> {
    let mut faults = Vec::new();
    for key in KEYS.iter().filter(|key| !key.conflicts.is_empty() && is_set(key)) {
        for conflict in key.conflicts {
            let Conflict::Replaces(replaced, allowed) = *conflict else { continue };
            let is_allowed =
                |other: &Key| other.name != replaced && (other.scope == Scope::Code || allowed.contains(&other.name));
            let wrong = KEYS.iter().filter(|other| !is_allowed(other) && is_set(other));
            faults.extend(wrong.map(|other| (other, beside(other, key))));
        }
    }
    faults
}

fn beside(wrong: &Key, key: &'static Key) -> Fault {
    let is_setting = wrong.scope == Scope::Everywhere;
    let fix = if is_setting { "configure that breaker where it is created" } else { "remove one of them" };
    Fault::new(format!("can't be combined with `{}`", key.name), Fix::Text(fix.into())).against(key.name)
}
