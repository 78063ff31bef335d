//! Reads the values of settings, which files can set, too. Their messages come from `breaker-keys`.

use std::time::Duration;

use breaker_keys::{Key, Kind, Notation, Value, Written};
use syn::{Expr, Lit, Result};

use super::literal::{fault, literal, negative};

/// Returns the value, if it is of the key's kind and in range.
pub(super) fn read(key: &'static Key, expr: &Expr) -> Result<Value> {
    if let Some(Lit::Str(text)) = literal(expr)
        && key.off
        && text.value() == "off"
    {
        let name = key.name;
        return fault(text, format_args!("`off` must be written without quotes: `{name} = off`"));
    }
    with_written(key, expr, |written| breaker_keys::read_in_range(key, written, &part))
        .or_else(|found| fault(expr, found.to_string(Notation::Attribute, key.name)))
}

/// Parses one number with its unit, in humantime's grammar.
fn part(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

fn with_written<T>(key: &Key, expr: &Expr, read: impl FnOnce(Written<'_>) -> T) -> T {
    if matches!(expr, Expr::Path(path) if path.path.is_ident("off")) {
        return read(Written::Plain("off"));
    }
    if let Some(digits) = negative(expr) {
        return read(Written::Plain(&format!("-{digits}")));
    }
    match literal(expr) {
        Some(Lit::Str(text)) => read(Written::Quoted(&text.value())),
        // Only files accept a name without quotes.
        Some(_) if key.kind == Kind::Choice => read(Written::Other),
        Some(Lit::Int(number)) => read(Written::Plain(number.base10_digits())),
        Some(Lit::Float(number)) => read(Written::Plain(number.base10_digits())),
        Some(Lit::Bool(flag)) => read(Written::Plain(if flag.value { "true" } else { "false" })),
        Some(_) => read(Written::Other),
        None => read(Written::Expression),
    }
}
