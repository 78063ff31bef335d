//! A string with units, in humantime's grammar.

use std::time::Duration;

use humantime::DurationError;
use syn::{Expr, Lit, LitStr, Result};

use super::literal::{fault, literal};

pub(super) fn read(name: &str, expr: &Expr) -> Result<Duration> {
    match literal(expr) {
        Some(Lit::Str(text)) => of_text(name, text),
        Some(Lit::Int(number)) => fault(
            number,
            format_args!("`{name}` needs a unit: write `{name} = \"{0}s\"` or `\"{0}ms\"`", number.base10_digits()),
        ),
        Some(Lit::Float(number)) => {
            fault(number, format_args!("`{name}` needs a unit, and whole numbers: write `{name} = \"1s 500ms\"`"))
        }
        _ => fault(
            expr,
            format_args!(
                "`{name}` is checked at compile time, so it must be a string literal with a unit: write `{name} = \"30s\"`"
            ),
        ),
    }
}

/// A duration longer than zero.
pub(super) fn of_text(name: &str, text: &LitStr) -> Result<Duration> {
    let written = text.value();
    let trimmed = written.trim();
    match parse(&written) {
        Ok(Duration::ZERO) => fault(text, format_args!("`{name}` must be longer than zero: write `{name} = \"30s\"`")),
        Ok(duration) => Ok(duration),
        Err(_) if trimmed.is_empty() => fault(text, format_args!("`{name}` is empty: write `{name} = \"30s\"`")),
        Err(_) if trimmed.starts_with('-') => {
            fault(text, format_args!("`{name}` can't be negative: write `{name} = \"30s\"`"))
        }
        Err(_) if trimmed.chars().all(|c| c.is_ascii_digit()) => {
            fault(text, format_args!("`{name}` needs a unit: write `{name} = \"{trimmed}s\"` or `\"{trimmed}ms\"`"))
        }
        Err(error) => fault(
            text,
            format_args!(
                "`{name}` is not a duration ({error}): write a number and a unit, as in `\"250ms\"`, `\"30s\"` or `\"1m 30s\"`"
            ),
        ),
    }
}

/// humantime's grammar. Where the parts below a second add up to exactly the one that is too many, humantime 2.4 panics
/// instead of returning its error: the sum is tried first, part by part. (breaker-core has the same for files.)
fn parse(text: &str) -> std::result::Result<Duration, DurationError> {
    let sum = parts(text).try_fold(Duration::ZERO, |sum, part| {
        // Errors are left to the call below.
        sum.checked_add(humantime::parse_duration(part).unwrap_or_default())
    });
    if sum.is_none() { Err(DurationError::NumberOverflow) } else { humantime::parse_duration(text) }
}

/// Each number with its unit.
fn parts(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let unit = text.find(char::is_alphabetic)?;
        let end = text[unit..].find(|c: char| !c.is_alphabetic()).map_or(text.len(), |length| unit + length);
        let (part, rest) = text.split_at(end);
        text = rest;
        Some(part)
    })
}
