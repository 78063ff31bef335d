//! One value: its type and its range. Each message says what to write instead.

use std::time::Duration;

use quote::ToTokens;
use syn::{Error, Expr, ExprClosure, ExprPath, ExprUnary, Lit, LitStr, Path, Result, UnOp};

use crate::args::Kind;
use crate::diag::nearest;

/// The longest window by calls: its counts are packed into one word.
pub(crate) const MAX_CALLS: u32 = 16_384;

/// Names, each with its variant in the runtime crate.
type Names = &'static [(&'static str, &'static str)];

const PRESETS: Names = &[("database", "Database"), ("cache", "Cache"), ("s3", "S3")];
const CRITICALITIES: Names = &[("critical", "Critical"), ("optional", "Optional")];

/// A value that has been checked.
#[derive(Clone)]
pub(crate) enum Value {
    Text(LitStr),
    /// The variant's name in the runtime crate.
    Preset(&'static str),
    /// The variant's name in the runtime crate.
    Criticality(&'static str),
    Count(u32),
    Number(f64),
    Duration(Duration),
    Calls(u32),
    Bool(bool),
    Path(ExprPath),
    Closure(ExprClosure),
    Crate(Path),
}

/// Converts what the user wrote after `name =`.
pub(crate) fn read(name: &str, kind: Kind, written: &Expr) -> Result<Value> {
    let expr = bare(written);
    suffix(name, kind, expr)?;
    match kind {
        Kind::Service => service(name, expr),
        Kind::Preset => named(name, PRESETS, "presets", expr).map(Value::Preset),
        Kind::Criticality => named(name, CRITICALITIES, "values", expr).map(Value::Criticality),
        Kind::Count => count(name, expr).map(Value::Count),
        Kind::Share | Kind::Factor | Kind::Jitter => number(name, kind, expr).map(Value::Number),
        Kind::Duration => duration(name, expr).map(Value::Duration),
        Kind::Window => window(name, expr),
        Kind::Bool => boolean(name, expr),
        Kind::Callable => callable(name, expr),
        Kind::Crate => crate_path(expr),
    }
}

/// A literal that came through `$value:expr` of a `macro_rules!` stands in an invisible group.
fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

fn fault<T>(on: impl ToTokens, message: impl std::fmt::Display) -> Result<T> {
    Err(Error::new_spanned(on, message))
}

fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(literal) => Some(&literal.lit),
        _ => None,
    }
}

fn is_negative(expr: &Expr) -> bool {
    matches!(expr, Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) if literal(expr).is_some())
}

/// The compiler lets any suffix of a literal through to an attribute, where `window = 60s` would be 60 calls.
fn suffix(name: &str, kind: Kind, expr: &Expr) -> Result<()> {
    const TYPES: &[&str] =
        &["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];
    let Some(literal) = literal(expr) else { return Ok(()) };
    let is_number = matches!(literal, Lit::Int(_) | Lit::Float(_));
    let suffix = literal.suffix();
    if suffix.is_empty() || (is_number && TYPES.contains(&suffix)) {
        return Ok(());
    }
    let written = literal.to_token_stream().to_string();
    if is_number && matches!(kind, Kind::Duration | Kind::Window) {
        return fault(literal, format_args!("`{name}` with a unit is a string: write `{name} = \"{written}\"`"));
    }
    let plain = written.strip_suffix(suffix).unwrap_or(&written);
    let what = if is_number { "unit" } else { "suffix" };
    fault(literal, format_args!("`{name}` has no {what} `{suffix}`: write `{name} = {plain}`"))
}

fn service(name: &str, expr: &Expr) -> Result<Value> {
    match literal(expr) {
        Some(Lit::Str(text)) if text.value().trim().is_empty() => {
            fault(text, format_args!("`{name}` is empty: it is the name of the breaker, as in `{name} = \"s3\"`"))
        }
        Some(Lit::Str(text)) => Ok(Value::Text(text.clone())),
        _ => fault(expr, format_args!("`{name}` is a string literal: write `{name} = \"s3\"`")),
    }
}

/// One of a few names, of which there is a plural to list them.
fn named(name: &str, known: Names, plural: &str, expr: &Expr) -> Result<&'static str> {
    let Some(Lit::Str(text)) = literal(expr) else {
        let choice = listed(known, "or");
        // The key takes the first one into its quotes.
        return fault(expr, format_args!("`{name}` is a string: write `{name} = {}", choice.trim_start_matches('`')));
    };
    let written = text.value();
    if let Some((_, variant)) = known.iter().find(|(known, _)| *known == written) {
        return Ok(variant);
    }
    let hint = nearest(&written.to_lowercase(), known.iter().map(|(known, _)| *known))
        .map_or_else(String::new, |near| format!("did you mean `\"{near}\"`? "));
    fault(text, format_args!("unknown {name} `{written}`: {hint}The {plural} are {}", listed(known, "and")))
}

/// As in a sentence: commas, and a word before the last.
fn listed(known: Names, word: &str) -> String {
    let names: Vec<_> = known.iter().map(|(known, _)| format!("`\"{known}\"`")).collect();
    match names.split_last() {
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn count(name: &str, expr: &Expr) -> Result<u32> {
    let example = format!("write a whole number from 1 to {}, as in `{name} = 5`", u32::MAX);
    if is_negative(expr) {
        return fault(expr, format_args!("`{name}` can't be negative: {example}"));
    }
    match literal(expr) {
        Some(Lit::Int(number)) => match number.base10_parse::<u32>() {
            Ok(0) => fault(number, format_args!("`{name}` is at least 1: {example}")),
            Ok(value) => Ok(value),
            Err(_) => fault(number, format_args!("`{name}` is too large: {example}")),
        },
        Some(Lit::Float(number)) => fault(number, format_args!("`{name}` is a count, not a fraction: {example}")),
        Some(Lit::Str(text)) => fault(text, format_args!("`{name}` is a number, without quotes: {example}")),
        Some(other) => fault(other, format_args!("`{name}` is a number: {example}")),
        None => fault(expr, format_args!("`{name}` is checked at compile time, so it must be a literal: {example}")),
    }
}

fn number(name: &str, kind: Kind, expr: &Expr) -> Result<f64> {
    let (allowed, example) = match kind {
        Kind::Share => ("a share above 0 and at most 1", "0.5"),
        Kind::Jitter => ("a share from 0 to 1", "0.2"),
        _ => ("a finite factor of at least 1", "2.0"),
    };
    let write = format!("write `{name} = {example}`");
    if is_negative(expr) {
        return fault(expr, format_args!("`{name}` is {allowed}, never negative: {write}"));
    }
    let value = match literal(expr) {
        Some(Lit::Float(float)) => float.base10_parse::<f64>().ok(),
        Some(Lit::Int(int)) => int.base10_digits().parse::<f64>().ok(),
        Some(Lit::Str(text)) => {
            return fault(text, format_args!("`{name}` is {allowed}, without quotes: {write}"));
        }
        _ => {
            return fault(
                expr,
                format_args!("`{name}` is checked at compile time, so it must be a literal, {allowed}: {write}"),
            );
        }
    };
    let value = value.unwrap_or(f64::NAN);
    let fits = match kind {
        Kind::Share => value > 0.0 && value <= 1.0,
        Kind::Jitter => (0.0..=1.0).contains(&value),
        _ => value >= 1.0 && value.is_finite(),
    };
    if fits {
        return Ok(value);
    }
    // 1.5 is nobody's percentage; 50 is.
    let percent = kind != Kind::Factor && (2.0..=100.0).contains(&value);
    let write = if percent { format!("write `{name} = {}`, not `{value}`", value / 100.0) } else { write };
    fault(expr, format_args!("`{name}` is {allowed}: {write}"))
}

fn duration(name: &str, expr: &Expr) -> Result<Duration> {
    match literal(expr) {
        Some(Lit::Str(text)) => parse_duration(name, text),
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

fn parse_duration(name: &str, text: &LitStr) -> Result<Duration> {
    let written = text.value();
    let trimmed = written.trim();
    match checked(&written) {
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
/// instead of saying so: the sum is tried first, part by part. (breaker-core
/// has the same for files.)
fn checked(text: &str) -> std::result::Result<Duration, humantime::DurationError> {
    let sum = parts(text).try_fold(Duration::ZERO, |sum, part| {
        // What can't be read is humantime's to tell.
        sum.checked_add(humantime::parse_duration(part).unwrap_or_default())
    });
    if sum.is_none() { Err(humantime::DurationError::NumberOverflow) } else { humantime::parse_duration(text) }
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

fn window(name: &str, expr: &Expr) -> Result<Value> {
    if is_negative(expr) {
        return fault(expr, format_args!("`{name}` can't be negative: write `{name} = \"60s\"` or `{name} = 100`"));
    }
    match literal(expr) {
        Some(Lit::Str(text)) => parse_duration(name, text).map(Value::Duration),
        Some(Lit::Int(number)) => match number.base10_parse::<u32>() {
            Ok(calls @ 1..=MAX_CALLS) => Ok(Value::Calls(calls)),
            _ => fault(
                number,
                format_args!(
                    "`{name}` holds from 1 to {MAX_CALLS} calls: write `{name} = 100` for the last 100 calls, or `{name} = \"60s\"` for the last 60 seconds"
                ),
            ),
        },
        _ => fault(
            expr,
            format_args!("`{name}` is a duration or a number of calls: write `{name} = \"60s\"` or `{name} = 100`"),
        ),
    }
}

fn boolean(name: &str, expr: &Expr) -> Result<Value> {
    match literal(expr) {
        Some(Lit::Bool(value)) => Ok(Value::Bool(value.value)),
        Some(Lit::Str(text)) => {
            fault(text, format_args!("`{name}` is `true` or `false`, without quotes: write `{name} = false`"))
        }
        _ => fault(expr, format_args!("`{name}` is `true` or `false`: write `{name} = false`")),
    }
}

fn callable(name: &str, expr: &Expr) -> Result<Value> {
    let example = match name {
        "fallback" => "fallback = from_cache` or `fallback = |error| …",
        "failure_if" => "failure_if = |error| error.is_fatal()",
        "ignore_if" => "ignore_if = |error| error.is_not_found()",
        "classify" => "classify = |result| Outcome::Success",
        _ => "map_error = |error| MyError::from(error)",
    };
    match expr {
        Expr::Path(path) => Ok(Value::Path(path.clone())),
        Expr::Closure(closure) if closure.inputs.len() == 1 => Ok(Value::Closure(closure.clone())),
        Expr::Closure(closure) => {
            let found = closure.inputs.len();
            let fix = if name == "fallback" {
                "it names the function's parameters directly, as in `fallback = |error| …`".to_owned()
            } else {
                format!("write `{example}`")
            };
            // The bars of a closure without arguments are the only tokens that show the fault.
            let message = format!("`{name}` takes a closure with exactly one argument, not {found}: {fix}");
            if found == 0 { fault(closure, message) } else { fault(&closure.inputs, message) }
        }
        Expr::Call(call) => fault(
            call,
            format_args!(
                "`{name}` takes a function, not its result: write the path without parentheses, or a closure, as in `{example}`"
            ),
        ),
        Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)) => {
            fault(literal, format_args!("`{name}` takes a path or a closure, without quotes: write `{example}`"))
        }
        _ => fault(expr, format_args!("`{name}` takes a path or a closure: write `{example}`")),
    }
}

fn crate_path(expr: &Expr) -> Result<Value> {
    match expr {
        Expr::Path(ExprPath { qself: None, path, .. }) if path.leading_colon.is_some() => {
            Ok(Value::Crate(path.clone()))
        }
        Expr::Path(ExprPath { qself: None, path, .. }) if path.segments.first().is_some_and(|s| s.ident == "crate") => {
            Ok(Value::Crate(path.clone()))
        }
        Expr::Path(ExprPath { qself: None, path, .. }) => {
            let shown = path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::");
            fault(path, format_args!("`crate` takes an absolute path: write `crate = ::{shown}`"))
        }
        _ => fault(expr, "`crate` takes the path of the renamed crate: write `crate = ::renamed`"),
    }
}
