//! The value of one argument: its type and its range. Each message says what to write instead.

mod callable;
mod choice;
mod duration;
mod literal;
mod number;
mod window;

use std::time::Duration;

use syn::{Expr, ExprPath, Lit, LitStr, Path, Result};

use crate::keys::{Choices, Key, Kind};
use literal::{fault, literal};

pub(crate) use callable::Callable;
pub(crate) use window::Window;

/// A valid value.
#[derive(Clone)]
pub(crate) enum Value {
    Text(LitStr),
    /// A variant of an enum of the runtime crate.
    Choice {
        of: &'static Choices,
        variant: &'static str,
    },
    Count(u32),
    Number(f64),
    Duration(Duration),
    Window(Window),
    Flag(bool),
    Callable(Callable),
    CratePath(Path),
}

/// Converts what the user wrote after `key =`.
pub(crate) fn read(key: &Key, written: &Expr) -> Result<Value> {
    let Key { name, kind } = *key;
    let expr = literal::ungroup(written);
    literal::check_suffix(name, kind, expr)?;
    match kind {
        Kind::Text => text(name, expr).map(Value::Text),
        Kind::Choice(of) => choice::read(name, of, expr).map(|variant| Value::Choice { of, variant }),
        Kind::Count => number::count(name, expr).map(Value::Count),
        Kind::Share | Kind::Factor | Kind::Jitter => number::number(name, kind, expr).map(Value::Number),
        Kind::Duration => duration::read(name, expr).map(Value::Duration),
        Kind::Window => window::read(name, expr).map(Value::Window),
        Kind::Flag => flag(name, expr).map(Value::Flag),
        Kind::Callable { example } => callable::read(name, example, expr).map(Value::Callable),
        Kind::CratePath => crate_path(expr).map(Value::CratePath),
    }
}

fn text(name: &str, expr: &Expr) -> Result<LitStr> {
    match literal(expr) {
        Some(Lit::Str(text)) if text.value().trim().is_empty() => {
            fault(text, format_args!("`{name}` is empty: it is the name of the breaker, as in `{name} = \"s3\"`"))
        }
        Some(Lit::Str(text)) => Ok(text.clone()),
        _ => fault(expr, format_args!("`{name}` is a string literal: write `{name} = \"s3\"`")),
    }
}

fn flag(name: &str, expr: &Expr) -> Result<bool> {
    match literal(expr) {
        Some(Lit::Bool(flag)) => Ok(flag.value),
        Some(Lit::Str(text)) => {
            fault(text, format_args!("`{name}` is `true` or `false`, without quotes: write `{name} = false`"))
        }
        _ => fault(expr, format_args!("`{name}` is `true` or `false`: write `{name} = false`")),
    }
}

fn crate_path(expr: &Expr) -> Result<Path> {
    match expr {
        Expr::Path(ExprPath { qself: None, path, .. }) if path.leading_colon.is_some() => Ok(path.clone()),
        Expr::Path(ExprPath { qself: None, path, .. }) if path.segments.first().is_some_and(|s| s.ident == "crate") => {
            Ok(path.clone())
        }
        Expr::Path(ExprPath { qself: None, path, .. }) => {
            let shown = path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::");
            fault(path, format_args!("`crate` takes an absolute path: write `crate = ::{shown}`"))
        }
        _ => fault(expr, "`crate` takes the path of the renamed crate: write `crate = ::renamed`"),
    }
}
