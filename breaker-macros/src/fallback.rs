//! The argument `fallback`: the code that runs for a rejected or failed call.

use syn::{ExprClosure, ExprPath, Type};

use crate::args::Args;
use crate::function::Function;
use crate::return_type;
use crate::value::{Callable, Value};

pub(crate) enum Fallback<'a> {
    Path {
        path: &'a ExprPath,
        /// Whether it gets `self` before the function's other parameters.
        with_self: bool,
    },
    Closure(&'a ExprClosure),
}

impl<'a> Fallback<'a> {
    pub(crate) fn new(args: &'a Args, function: &Function) -> Option<Self> {
        match &args.get("fallback")?.value {
            Value::Callable(Callable::Closure(closure)) => Some(Self::Closure(closure)),
            Value::Callable(Callable::Path(path)) => {
                Some(Self::Path { path, with_self: is_on_self(path) && function.receiver().is_some() })
            }
            _ => None,
        }
    }
}

/// Whether the path is `Self::f` or `<Self as Trait>::f`.
fn is_on_self(path: &ExprPath) -> bool {
    match &path.qself {
        Some(qself) => {
            matches!(return_type::ungroup(&qself.ty), Type::Path(path) if path.path.is_ident("Self"))
        }
        None => path.path.segments.len() > 1 && path.path.segments[0].ident == "Self",
    }
}
