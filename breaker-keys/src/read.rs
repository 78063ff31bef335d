//! Converts a written value to a value of its key's kind.

use core::time::Duration;

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::duration::{self, Human, ParsePart, Problem, UNITS};
use crate::fault::{Fault, Fix, Suggestion};
use crate::key::{Key, Kind};
use crate::nearest::nearest;
use crate::numbers::{as_count, as_number, flag, is_whole, loose, number, whole};
use crate::value::Value;

/// A value as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written<'a> {
    /// In quotes: always text.
    Quoted(&'a str),
    /// Without quotes: a number, a flag, or text where quotes may be left out.
    Plain(&'a str),
    /// Anything else, such as a list.
    Other,
    /// An expression that only the compiler can evaluate.
    Expression,
}

/// Reads a value and checks its range.
///
/// # Errors
/// The value is of another kind, or out of range.
pub fn read_in_range(key: &'static Key, written: Written<'_>, part: ParsePart<'_>) -> Result<Value, Fault> {
    let value = read(key, written, part)?;
    // `2` may mean 2 %, `2.0` doesn't.
    let is_whole = matches!(written, Written::Plain(text) if whole(text).is_some());
    key.check_written(value, is_whole).map_or(Ok(value), Err)
}

/// Reads a value. Its range is not checked: see [`Key::check`].
///
/// # Errors
/// The value is of another kind.
pub fn read(key: &'static Key, written: Written<'_>, part: ParsePart<'_>) -> Result<Value, Fault> {
    if let Written::Quoted("off") | Written::Plain("off") = written
        && !matches!(key.kind, Kind::Flag | Kind::Choice)
    {
        return if key.off { Ok(Value::Off) } else { Err(Fault::new("can't be off", Fix::example(key))) };
    }
    match (key.kind, written) {
        (_, Written::Expression) => {
            Err(Fault::new("must be a literal, because it is checked at compile time", Fix::example(key)))
        }
        (Kind::Count, _) => count(key, written),
        (Kind::Share | Kind::Factor, _) => decimal(key, written),
        (Kind::Flag, _) => boolean(key, written),
        (Kind::Choice, Written::Quoted(text) | Written::Plain(text)) => choice(key, text),
        (Kind::Window, Written::Plain(text)) if loose(text).is_some() => calls(key, text),
        (Kind::Duration | Kind::Window, Written::Quoted(text) | Written::Plain(text)) => of_text(key, text, part),
        _ => Err(wrong(key, "", None)),
    }
}

/// Returns the words for the values that the key's kind accepts.
fn kind(key: &Key) -> &'static str {
    match key.kind {
        Kind::Text => "text",
        Kind::Choice => "one of its names",
        Kind::Count => "a whole number",
        Kind::Share | Kind::Factor => "a number",
        Kind::Duration => "a duration with its unit",
        Kind::Window => "a duration with its unit, or a number of calls",
        Kind::Flag => "`true` or `false`",
        Kind::Callable => "a path or a closure",
        Kind::CratePath => "an absolute path",
        Kind::Expression => "an expression",
    }
}

/// Returns the fault of a value of another kind; `instead` is the value that was probably meant.
fn wrong(key: &Key, how: &str, instead: Option<String>) -> Fault {
    let fix = instead.map_or_else(|| Fix::example(key), |text| Fix::value(Suggestion::bare(text)));
    Fault::new(format!("must be {}{how}", kind(key)), fix)
}

const WITHOUT_QUOTES: &str = ", without quotes";

fn count(key: &'static Key, written: Written<'_>) -> Result<Value, Fault> {
    match written {
        Written::Quoted(text) => Err(wrong(key, WITHOUT_QUOTES, as_count(text))),
        Written::Plain(text) => match (whole(text), loose(text)) {
            (Some(value), _) => u32::try_from(value).map(Value::Count).map_err(|_| too_many(key)),
            (None, Some(value)) if value < 0.0 => Err(below(key)),
            (None, Some(value)) if is_whole(value) && value > u32::MAX.into() => Err(too_many(key)),
            _ => Err(wrong(key, "", as_count(text))),
        },
        Written::Other | Written::Expression => Err(wrong(key, "", None)),
    }
}

fn too_many(key: &Key) -> Fault {
    Fault::new(format!("must be at most {}", u32::MAX), Fix::example(key))
}

/// Returns the fault of a value below the range, even if the key's type can't hold it.
fn below(key: &'static Key) -> Fault {
    Fault::new(format!("must be {}", key.range.text), Fix::example(key))
}

fn decimal(key: &Key, written: Written<'_>) -> Result<Value, Fault> {
    match written {
        Written::Quoted(text) => Err(wrong(key, WITHOUT_QUOTES, as_number(text))),
        Written::Plain(text) => number(text).map(Value::Number).ok_or_else(|| wrong(key, "", as_number(text))),
        Written::Other | Written::Expression => Err(wrong(key, "", None)),
    }
}

fn boolean(key: &Key, written: Written<'_>) -> Result<Value, Fault> {
    match written {
        Written::Quoted(text) => Err(match flag(text) {
            Some(value) => wrong(key, WITHOUT_QUOTES, Some(format!("{value}"))),
            None => wrong(key, "", None),
        }),
        Written::Plain(text) => flag(text).map(Value::Flag).ok_or_else(|| wrong(key, "", None)),
        Written::Other | Written::Expression => Err(wrong(key, "", None)),
    }
}

fn choice(key: &'static Key, text: &str) -> Result<Value, Fault> {
    if let Some(name) = key.names.iter().find(|name| **name == text) {
        return Ok(Value::Name(name));
    }
    let plural = if key.name == "preset" { "presets" } else { "values" };
    let fix = Fix::Names { near: nearest(text, key.names.iter().copied()), all: key.names, plural };
    let shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    Err(Fault::standalone(format!("unknown {} `{shown}`", key.name), fix))
}

fn calls(key: &'static Key, text: &str) -> Result<Value, Fault> {
    match (whole(text), loose(text)) {
        // A number that doesn't fit is also out of range, which is reported later.
        (Some(calls), _) => Ok(Value::Calls(u32::try_from(calls).unwrap_or(u32::MAX))),
        (None, Some(value)) if value < 0.0 => Err(Fault::new("must be at least 1 call", Fix::example(key))),
        _ => Err(wrong(key, "", as_count(text))),
    }
}

/// Returns the number in `100 calls`.
fn counted_calls(text: &str) -> Option<u64> {
    let number = text.trim().strip_suffix("calls").or_else(|| text.trim().strip_suffix("call"))?;
    whole(number.trim_end()).filter(|calls| *calls > 0)
}

/// Returns the fault of a number in place of a duration.
fn without_unit(key: &Key, value: f64) -> Fault {
    if value <= 0.0 {
        return Fault::new("must be longer than zero", Fix::example(key));
    }
    let fix = match Duration::try_from_secs_f64(value) {
        Ok(_) if is_whole(value) => {
            Fix::Write(vec![Suggestion::text(format!("{value}s")), Suggestion::text(format!("{value}ms"))])
        }
        Ok(duration) if !duration.is_zero() => Fix::value(Suggestion::text(format!("{}", Human(duration)))),
        _ => Fix::example(key),
    };
    Fault::new("needs a unit", fix)
}

/// Reads a duration from text.
fn of_text(key: &Key, text: &str, part: ParsePart<'_>) -> Result<Value, Fault> {
    if let Some(value) = loose(text) {
        return Err(match whole(text.trim()) {
            Some(calls) if key.kind == Kind::Window && calls > 0 => {
                let (calls, time) = (Suggestion::bare(format!("{calls}")), Suggestion::text(format!("{calls}s")));
                let fix = Fix::Write(vec![calls.purpose(" for calls"), time.purpose(" for time")]);
                Fault::new("needs a unit, or no quotes", fix)
            }
            _ => without_unit(key, value),
        });
    }
    if let Some(calls) = counted_calls(text).filter(|_| key.kind == Kind::Window) {
        let fix = Fix::Write(vec![Suggestion::bare(format!("{calls}")).purpose(" for calls")]);
        return Err(Fault::new("takes a number of calls without a unit", fix));
    }
    duration::parse(text, part).map(Value::Duration).map_err(|problem| match problem {
        Problem::UnknownUnit(unit) => {
            let units: Vec<_> = UNITS.iter().filter(|unit| unit[0] != "w").map(|unit| unit[0]).collect();
            let shown: String = unit.chars().take(20).collect();
            Fault::standalone(format!("`{shown}` is not a unit"), Fix::Text(format!("use {}", units.join(", "))))
        }
        Problem::TooLong => Fault::new("is longer than a duration can be", Fix::example(key)),
        Problem::NoUnit => Fault::new("needs a unit after its last number", Fix::example(key)),
        Problem::Malformed if text.trim_start().starts_with('-') => {
            Fault::new("must be longer than zero", Fix::example(key))
        }
        Problem::Malformed => wrong(key, "", None),
    })
}
