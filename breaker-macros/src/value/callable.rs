//! A path or a closure, for the keys that take code.

use syn::{Expr, ExprClosure, ExprPath, Lit, Result};

use super::literal::fault;

/// Code that the user hands over.
#[derive(Clone)]
pub(crate) enum Callable {
    Path(ExprPath),
    /// With exactly one argument.
    Closure(ExprClosure),
}

pub(super) fn read(name: &str, example: &str, expr: &Expr) -> Result<Callable> {
    match expr {
        Expr::Path(path) => Ok(Callable::Path(path.clone())),
        Expr::Closure(closure) if closure.inputs.len() == 1 => Ok(Callable::Closure(closure.clone())),
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
