//! Reads the value of one argument and checks its type and range. Each message says what to write instead.

mod callable;
mod literal;
mod setting;

use breaker_keys::service::{DEFAULTS, RENAME, RESERVED};
use breaker_keys::{Key, Kind};
use syn::{Expr, ExprPath, Lit, Path, Result};

use literal::{fault, literal};

pub(crate) use breaker_keys::Value as Setting;
pub(crate) use callable::Callable;

/// A valid value.
#[derive(Clone)]
pub(crate) enum Value {
    /// A literal, or the path of a constant.
    Service(Expr),
    Setting(Setting),
    Callable(Callable),
    CratePath(Path),
    Expression,
}

/// Converts the expression after `key =`.
pub(crate) fn read(key: &'static Key, written: &Expr) -> Result<Value> {
    let expr = literal::ungroup(written);
    literal::check_suffix(key, expr)?;
    match key.kind {
        Kind::Text => service(key.name, expr).map(Value::Service),
        Kind::Callable => callable::read(key, expr).map(Value::Callable),
        Kind::CratePath => crate_path(expr).map(Value::CratePath),
        Kind::Expression => expression(key, expr).map(|()| Value::Expression),
        _ => setting::read(key, expr).map(Value::Setting),
    }
}

fn service(name: &str, expr: &Expr) -> Result<Expr> {
    match (expr, literal(expr)) {
        (_, Some(Lit::Str(text))) if text.value().trim().is_empty() => {
            fault(text, format_args!("`{name}` is empty: it is the name of the breaker, as in `{name} = \"s3\"`"))
        }
        (_, Some(Lit::Str(text))) if text.value() == DEFAULTS => {
            fault(text, format_args!("`{DEFAULTS}` {RESERVED}: {RENAME}"))
        }
        // The constant is used in a static, in which `Self` is not in scope.
        (Expr::Path(path), _)
            if path.qself.is_some() || path.path.segments.first().is_some_and(|s| s.ident == "Self") =>
        {
            fault(expr, format_args!("`{name}` can't name `Self`: write the path of a constant outside of the impl"))
        }
        (_, Some(Lit::Str(_))) | (Expr::Path(_), _) => Ok(expr.clone()),
        (_, Some(_)) => fault(
            expr,
            format_args!("`{name}` must be a string literal or the path of a constant: write `{name} = \"s3\"`"),
        ),
        _ => fault(
            expr,
            format_args!(
                "`{name}` must be a string literal or the path of a constant, since names live as long as the program: write `{name} = \"s3\"`. There is no `key` yet that chooses a breaker for each user or host: write `breaker = …`, an expression that gives a `&CircuitBreaker`"
            ),
        ),
    }
}

/// Accepts any expression whose type may be right.
fn expression(key: &Key, expr: &Expr) -> Result<()> {
    let name = key.name;
    match expr {
        Expr::Lit(_) | Expr::Closure(_) => fault(
            expr,
            format_args!(
                "`{name}` must be an expression that returns a `&CircuitBreaker`: write `{name} = {}`",
                key.example
            ),
        ),
        _ => Ok(()),
    }
}

fn crate_path(expr: &Expr) -> Result<Path> {
    match expr {
        Expr::Path(ExprPath { qself: None, path, .. }) if path.leading_colon.is_some() => Ok(path.clone()),
        Expr::Path(ExprPath { qself: None, path, .. }) if path.segments.first().is_some_and(|s| s.ident == "crate") => {
            Ok(path.clone())
        }
        Expr::Path(ExprPath { qself: None, path, .. })
            if path.segments.first().is_some_and(|s| s.ident == "super" || s.ident == "self") =>
        {
            fault(path, "`crate` must be an absolute path: write `crate::…` or `::name`")
        }
        Expr::Path(ExprPath { qself: None, path, .. }) => {
            let shown = path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::");
            fault(path, format_args!("`crate` must be an absolute path: write `crate = ::{shown}`"))
        }
        _ => fault(expr, "`crate` must be an absolute path: write `crate = ::renamed`"),
    }
}
