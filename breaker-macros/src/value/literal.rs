//! Helpers for values of all kinds: literals, their signs and their suffixes.

use breaker_keys::{Key, Kind};
use quote::ToTokens;
use syn::{Error, Expr, ExprUnary, Lit, Result, UnOp};

pub(super) fn fault<T>(on: impl ToTokens, message: impl std::fmt::Display) -> Result<T> {
    Err(Error::new_spanned(on, message))
}

/// Removes parentheses and the invisible group around a literal that a `macro_rules!` passed as `$value:expr`.
pub(super) fn ungroup(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Group(group) => &group.expr,
            Expr::Paren(paren) => &paren.expr,
            _ => return expr,
        };
    }
}

pub(super) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(literal) => Some(&literal.lit),
        _ => None,
    }
}

/// Returns the digits of a negative number.
pub(super) fn negative(expr: &Expr) -> Option<&str> {
    let Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) = expr else { return None };
    match literal(ungroup(expr))? {
        Lit::Int(number) => Some(number.base10_digits()),
        Lit::Float(number) => Some(number.base10_digits()),
        _ => None,
    }
}

/// Rejects unknown suffixes of a literal. The compiler accepts any suffix in the tokens of an attribute, and `window = 60s`
/// would mean 60 calls.
pub(super) fn check_suffix(key: &Key, expr: &Expr) -> Result<()> {
    const TYPES: &[&str] =
        &["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];
    let Some(literal) = literal(expr) else { return Ok(()) };
    let name = key.name;
    let is_number = matches!(literal, Lit::Int(_) | Lit::Float(_));
    let suffix = literal.suffix();
    if suffix.is_empty() || (is_number && TYPES.contains(&suffix)) {
        return Ok(());
    }
    let written = literal.to_token_stream().to_string();
    if is_number && matches!(key.kind, Kind::Duration | Kind::Window) {
        return fault(literal, format_args!("`{name}` with a unit needs quotes: write `{name} = \"{written}\"`"));
    }
    let plain = written.strip_suffix(suffix).unwrap_or(&written);
    let what = if is_number { "unit" } else { "suffix" };
    fault(literal, format_args!("`{name}` has no {what} `{suffix}`: write `{name} = {plain}`"))
}
