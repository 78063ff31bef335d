//! One value as it is written, made into [`Settings`] with that one key. The core's own `Deserialize` reads it, so that
//! a duration means the same everywhere; here is what is special to text without types.

mod kind;
mod numbers;
mod scalar;

use std::str::FromStr;

use breaker_core::{ConfigFault, Criticality, Preset, Settings};
use serde::de::value::Error;

use crate::text::excerpt;
use numbers::{as_count, as_number, flag, loose, number, whole, with_unit};

pub(crate) use kind::{InvalidValue, Kind};
pub(crate) use scalar::{Scalar, deserialize};

/// `text` as it stands without quotes; variables of the environment have none.
pub(crate) fn plain(key: &'static str, text: &str) -> Result<Settings, InvalidValue> {
    let kind = Kind::of(key);
    if text.is_empty() || matches!(text, "~" | "null" | "Null" | "NULL") {
        return Err(null(key));
    }
    let scalar = match kind {
        Kind::Count => whole(text).map(Scalar::Whole).ok_or_else(|| kind.invalid(as_count(text)))?,
        Kind::Number => number(text).map(Scalar::Number).ok_or_else(|| kind.invalid(as_number(text)))?,
        Kind::Flag => flag(text).map(Scalar::Flag).ok_or_else(|| kind.invalid(None))?,
        Kind::Window if loose(text).is_some() => {
            whole(text).map(Scalar::Whole).ok_or_else(|| kind.invalid(as_count(text)))?
        }
        Kind::Window | Kind::Duration | Kind::Preset | Kind::Criticality => return quoted(key, text),
    };
    deserialize(key, scalar).map_err(|_| kind.invalid(None))
}

/// The same, in quotes: always text.
pub(crate) fn quoted(key: &'static str, text: &str) -> Result<Settings, InvalidValue> {
    let kind = Kind::of(key);
    match kind {
        Kind::Count | Kind::Number | Kind::Flag => {
            let bare = plain(key, text).is_ok().then(|| format!("write {} without quotes", excerpt(text)));
            Err(InvalidValue { fix: bare.unwrap_or_else(|| kind.fix()), ..kind.invalid(None) })
        }
        Kind::Preset => choice::<Preset>(key, text),
        Kind::Criticality => choice::<Criticality>(key, text),
        Kind::Window if whole(text).is_some() => {
            let fix = format!("write {text} without quotes for a number of calls, or a duration such as {text}s");
            Err(InvalidValue { fix, ..kind.invalid(None) })
        }
        Kind::Window | Kind::Duration => match loose(text) {
            Some(seconds) => Err(InvalidValue { fix: with_unit(seconds), ..kind.invalid(None) }),
            None => deserialize(key, Scalar::Text(text)).map_err(|error| from_core(kind, text, &error)),
        },
    }
}

/// One of a few names, which the core knows.
fn choice<T: FromStr<Err = ConfigFault>>(key: &'static str, text: &str) -> Result<Settings, InvalidValue> {
    text.parse::<T>().map_err(|fault| InvalidValue { allowed: fault.allowed, fix: fault.fix })?;
    deserialize(key, Scalar::Text(text)).map_err(|_| Kind::of(key).invalid(None))
}

/// Null, or nothing at all.
pub(crate) fn null(key: &'static str) -> InvalidValue {
    let kind = Kind::of(key);
    InvalidValue { fix: format!("{}, or leave the key out", kind.fix()), ..kind.invalid(None) }
}

/// A map or a list, where one value is due.
pub(crate) fn not_scalar(key: &'static str) -> InvalidValue {
    Kind::of(key).invalid(None)
}

/// The core's message has what is wrong first, then what to write. It repeats the text, which must fit on a line.
fn from_core(kind: Kind, text: &str, error: &Error) -> InvalidValue {
    let message = error.to_string();
    match message.rsplit_once("; ") {
        Some((allowed, fix)) if excerpt(text) == text => {
            InvalidValue { allowed: allowed.to_owned(), fix: fix.to_owned() }
        }
        _ => kind.invalid(None),
    }
}
