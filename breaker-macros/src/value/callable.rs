//! Reads a path or a closure, for the keys that take code.

use breaker_keys::Key;
use quote::ToTokens;
use syn::{Expr, ExprCall, ExprClosure, ExprField, ExprMethodCall, ExprPath, Member, Result};

use super::literal::fault;

/// A path or a closure.
#[derive(Clone)]
pub(crate) enum Callable {
    Path(ExprPath),
    /// A closure with exactly one argument.
    Closure(ExprClosure),
}

pub(super) fn read(key: &Key, expr: &Expr) -> Result<Callable> {
    let name = key.name;
    let example = format!("write `{name} = {}`", key.example);
    let instead = |on: &Expr, fix: &str| fault(on, format_args!("`{name}` must be a path or a closure: {fix}"));
    match expr {
        Expr::Path(path) => Ok(Callable::Path(path.clone())),
        Expr::Closure(closure) if closure.inputs.len() == 1 => Ok(Callable::Closure(closure.clone())),
        Expr::Closure(closure) => {
            let found = closure.inputs.len();
            let fix = if name == "fallback" {
                "it names the function's parameters directly, as in `fallback = |error| …`"
            } else {
                example.as_str()
            };
            // A closure without arguments has no inputs to show the error on.
            let message = format!("`{name}` takes a closure with exactly one argument, not {found}: {fix}");
            if found == 0 { fault(closure, message) } else { fault(&closure.inputs, message) }
        }
        Expr::Call(call) => instead(expr, &format!("write `{name} = {}`", without_call(call))),
        Expr::Field(ExprField { base, member: Member::Named(method), .. }) if is_self(base) => {
            instead(expr, &format!("write `{name} = Self::{method}`"))
        }
        Expr::MethodCall(ExprMethodCall { receiver, method, .. }) if is_self(receiver) => {
            instead(expr, &format!("write `{name} = Self::{method}`"))
        }
        _ => instead(expr, &example),
    }
}

/// Suggests what to write in place of a call: the function itself, or a closure that returns a value such as `Ok(1)`.
fn without_call(call: &ExprCall) -> String {
    let name = match &*call.func {
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    };
    if name.is_some_and(|name| name.starts_with(char::is_lowercase)) {
        return text(&call.func);
    }
    format!("|_| {}", text(call))
}

/// Formats tokens as people write them: without spaces in paths and calls.
fn text(tokens: &impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    [(" :: ", "::"), (":: ", "::"), (" (", "("), ("( ", "("), (" )", ")"), (" ,", ",")]
        .iter()
        .fold(spaced, |text, (wide, narrow)| text.replace(wide, narrow))
}

fn is_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident("self"))
}
