//! Converts a written value to [`Settings`] with only its key.

use std::time::Duration;

use breaker_core::Settings;
use breaker_keys::{Key, Notation, Written};

/// The error of a value that is of another kind or out of range: what is allowed, and what to write instead.
#[derive(Debug)]
pub(crate) struct InvalidValue {
    pub(crate) allowed: String,
    pub(crate) fix: String,
}

/// Reads a value without quotes, such as that of an environment variable.
pub(crate) fn plain(key: &'static Key, text: &str) -> Result<Settings, InvalidValue> {
    if text.is_empty() || matches!(text, "~" | "null" | "Null" | "NULL") {
        return Err(null(key));
    }
    read(key, Written::Plain(text))
}

/// Reads a value in quotes, which is always text.
pub(crate) fn quoted(key: &'static Key, text: &str) -> Result<Settings, InvalidValue> {
    read(key, Written::Quoted(text))
}

/// Returns the error of a null value or of no value.
pub(crate) fn null(key: &'static Key) -> InvalidValue {
    let fix = format!("{}, or leave the key out", not_scalar(key).fix);
    InvalidValue { allowed: "has no value".to_owned(), fix }
}

/// Returns the error of a map or a list in place of a single value.
pub(crate) fn not_scalar(key: &'static Key) -> InvalidValue {
    let no_value = || InvalidValue { allowed: "must be a value".to_owned(), fix: "write one".to_owned() };
    read(key, Written::Other).err().unwrap_or_else(no_value)
}

fn read(key: &'static Key, written: Written<'_>) -> Result<Settings, InvalidValue> {
    let value = breaker_keys::read_in_range(key, written, &part).map_err(|fault| {
        let fix = fault.fix.to_string(Notation::Plain, key.name);
        InvalidValue { allowed: fault.what, fix }
    })?;
    let mut settings = Settings::NONE;
    settings.set(key, value);
    Ok(settings)
}

/// Parses one number with its unit, in humantime's grammar.
fn part(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}
