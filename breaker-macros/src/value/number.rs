//! Counts, and numbers with a fraction: shares and factors.

use syn::{Expr, Lit, Result};

use super::literal::{fault, is_negative, literal};
use crate::keys::Kind;

/// A `u32` of at least 1.
pub(super) fn count(name: &str, expr: &Expr) -> Result<u32> {
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

/// A number in the range of its kind.
pub(super) fn number(name: &str, kind: Kind, expr: &Expr) -> Result<f64> {
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
    if is_in_range(kind, value) {
        return Ok(value);
    }
    // 1.5 is nobody's percentage; 50 is.
    let percent = kind != Kind::Factor && (2.0..=100.0).contains(&value);
    let write = if percent { format!("write `{name} = {}`, not `{value}`", value / 100.0) } else { write };
    fault(expr, format_args!("`{name}` is {allowed}: {write}"))
}

fn is_in_range(kind: Kind, value: f64) -> bool {
    match kind {
        Kind::Share => value > 0.0 && value <= 1.0,
        Kind::Jitter => (0.0..=1.0).contains(&value),
        _ => value >= 1.0 && value.is_finite(),
    }
}
