//! What a window holds: a duration, or a number of calls.

use std::time::Duration;

use syn::{Expr, Lit, Result};

use super::duration;
use super::literal::{fault, is_negative, literal};
use crate::keys::MAX_WINDOW_CALLS;

/// The enum `Window` of the runtime crate.
#[derive(Clone, Copy)]
pub(crate) enum Window {
    Time(Duration),
    Calls(u32),
}

pub(super) fn read(name: &str, expr: &Expr) -> Result<Window> {
    if is_negative(expr) {
        return fault(expr, format_args!("`{name}` can't be negative: write `{name} = \"60s\"` or `{name} = 100`"));
    }
    match literal(expr) {
        Some(Lit::Str(text)) => duration::of_text(name, text).map(Window::Time),
        Some(Lit::Int(number)) => match number.base10_parse::<u32>() {
            Ok(calls @ 1..=MAX_WINDOW_CALLS) => Ok(Window::Calls(calls)),
            _ => fault(
                number,
                format_args!(
                    "`{name}` holds from 1 to {MAX_WINDOW_CALLS} calls: write `{name} = 100` for the last 100 calls, or `{name} = \"60s\"` for the last 60 seconds"
                ),
            ),
        },
        _ => fault(
            expr,
            format_args!("`{name}` is a duration or a number of calls: write `{name} = \"60s\"` or `{name} = 100`"),
        ),
    }
}
