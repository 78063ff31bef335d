//! Reads the variables `CIRCUIT_BREAKER__<SERVICE>__<KEY>`, and finds the service that each one means.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::assignment::{Assignment, DEFAULTS};
use crate::fault::Fault;
use crate::key;
use crate::place::Place;
use crate::text::escaped;
use crate::value::{self, InvalidValue};

const PREFIX: &str = "CIRCUIT_BREAKER__";

/// Returns the assignments of the variables with the prefix, ordered by name. Service names are as the variables write them.
pub(crate) fn read(variables: &[(OsString, OsString)], faults: &mut Vec<Fault>) -> Vec<Assignment> {
    let mut ours: Vec<_> = variables.iter().map(|(name, value)| (name.to_string_lossy(), value)).collect();
    ours.retain(|(name, _)| name.starts_with(PREFIX));
    ours.sort();
    let mut assignments = Vec::new();
    for (name, value) in ours {
        match variable(&name, value) {
            Ok(assignment) => assignments.push(assignment),
            Err(fault) => faults.push(*fault),
        }
    }
    assignments
}

fn variable(name: &str, value: &OsString) -> Result<Assignment, Box<Fault>> {
    let place = Place::Variable(escaped(name));
    let parts = name.strip_prefix(PREFIX).and_then(|rest| rest.rsplit_once("__"));
    let Some((service, written)) = parts.filter(|(service, key)| !service.is_empty() && !key.is_empty()) else {
        let example = format!("write {PREFIX}S3__OPEN_TIMEOUT, where S3 is the service");
        return Err(Fault::new(place, "a variable must name a service and a key", example).into());
    };
    let lower = written.to_lowercase();
    let whole = |nearest: &str| format!("{PREFIX}{}__{}", escaped(service), nearest.to_uppercase());
    let key = breaker_keys::setting(&lower).map_err(|unknown| {
        key::unknown(&unknown, place.clone(), service, written, whole).value(&value.to_string_lossy())
    })?;
    let read = match value.to_str() {
        Some(text) => value::plain(key, text.trim()),
        None => Err(InvalidValue { allowed: "must be UTF-8".into(), ..value::not_scalar(key) }),
    };
    match read {
        Ok(settings) => Ok(Assignment { service: service.to_owned(), key: key.name, settings, place }),
        Err(InvalidValue { allowed, fix }) => {
            let text = value.to_string_lossy();
            let text = if text.is_empty() { "nothing" } else { &text };
            Err(Fault::new(place, allowed, fix).about(service, key.name).value(text).into())
        }
    }
}

/// The service that a variable means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ServiceMatch<'a> {
    Defaults,
    Known(&'a str),
    /// No known name matches: the variable's name in lower case.
    Unknown(String),
    /// Several known names match.
    Ambiguous(Vec<&'a str>),
}

pub(crate) fn match_service<'a>(written: &str, known: &'a BTreeSet<String>) -> ServiceMatch<'a> {
    let folded = fold(written);
    if folded == fold(DEFAULTS) {
        return ServiceMatch::Defaults;
    }
    if let Some(exact) = known.get(written) {
        return ServiceMatch::Known(exact);
    }
    let names: Vec<&str> = known.iter().map(String::as_str).filter(|name| fold(name) == folded).collect();
    match names.as_slice() {
        [] => ServiceMatch::Unknown(written.to_lowercase()),
        [name] => ServiceMatch::Known(name),
        _ => ServiceMatch::Ambiguous(names),
    }
}

/// Returns a service's name as a variable writes it: upper case, with `_` for other characters than letters and digits.
fn fold(name: &str) -> String {
    let name = name.to_uppercase();
    name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect()
}
