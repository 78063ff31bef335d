//! The variables `CIRCUIT_BREAKER__<SERVICE>__<KEY>`, and which service one means.

use std::collections::BTreeSet;
use std::ffi::OsString;

use breaker_core::Settings;

use crate::fault::{Fault, Place, escaped};
use crate::read::{DEFAULTS, Said, unknown_key};
use crate::value::{self, Wrong};

const PREFIX: &str = "CIRCUIT_BREAKER__";

/// What our variables say, in the order of their names. Services are as the variables write them.
pub(crate) fn read(variables: &[(OsString, OsString)], faults: &mut Vec<Fault>) -> Vec<Said> {
    let mut ours: Vec<_> = variables.iter().map(|(name, value)| (name.to_string_lossy(), value)).collect();
    ours.retain(|(name, _)| name.starts_with(PREFIX));
    ours.sort();
    let mut said = Vec::new();
    for (name, value) in ours {
        match variable(&name, value) {
            Ok(read) => said.push(read),
            Err(fault) => faults.push(*fault),
        }
    }
    said
}

fn variable(name: &str, value: &OsString) -> Result<Said, Box<Fault>> {
    let place = Place::Variable(escaped(name));
    let parts = name.strip_prefix(PREFIX).and_then(|rest| rest.rsplit_once("__"));
    let Some((service, written)) = parts.filter(|(service, key)| !service.is_empty() && !key.is_empty()) else {
        let example = format!("write {PREFIX}S3__OPEN_TIMEOUT, where S3 is the service");
        return Err(Fault::new(place, "a variable must name a service and a key", example).into());
    };
    let lower = written.to_lowercase();
    let Some(key) = Settings::KEYS.iter().copied().find(|key| *key == lower) else {
        let whole = |nearest: &str| format!("{PREFIX}{}__{}", escaped(service), nearest.to_uppercase());
        return Err(unknown_key(place, service, written, whole).value(&value.to_string_lossy()).into());
    };
    let read = match value.to_str() {
        Some(text) => value::plain(key, text.trim()),
        None => Err(Wrong { allowed: "must be UTF-8".into(), ..value::no_value(key) }),
    };
    match read {
        Ok(settings) => Ok(Said { service: service.to_owned(), key, settings, place }),
        Err(Wrong { allowed, fix }) => {
            let text = value.to_string_lossy();
            let text = if text.is_empty() { "nothing" } else { &text };
            Err(Fault::new(place, allowed, fix).about(service, key).value(text).into())
        }
    }
}

/// Whom a variable means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant<'a> {
    Defaults,
    Service(&'a str),
    /// Nobody knows it: its name in lower case.
    Stranger(String),
    /// More than one service is written like that.
    Several(Vec<&'a str>),
}

pub(crate) fn meant<'a>(written: &str, known: &'a BTreeSet<String>) -> Meant<'a> {
    let folded = fold(written);
    if folded == fold(DEFAULTS) {
        return Meant::Defaults;
    }
    if let Some(exact) = known.get(written) {
        return Meant::Service(exact);
    }
    let names: Vec<&str> = known.iter().map(String::as_str).filter(|name| fold(name) == folded).collect();
    match names.as_slice() {
        [] => Meant::Stranger(written.to_lowercase()),
        [name] => Meant::Service(name),
        _ => Meant::Several(names),
    }
}

/// A service's name as a variable can write it.
fn fold(name: &str) -> String {
    let name = name.to_uppercase();
    name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect()
}
