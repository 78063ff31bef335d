//! Finds the names that code uses, and the names that a pattern binds.

mod bound;
mod format;
mod macros;
mod uses;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use syn::ExprClosure;

pub(crate) use bound::{bound, plain};
pub(crate) use format::renamed as renamed_in_format;
pub(crate) use macros::format_literal;

/// Returns the names of the values that a closure captures.
///
/// A word of unknown meaning, such as one in a user's macro, counts only in a position where a value is possible.
pub(crate) fn captured(closure: &ExprClosure) -> HashSet<String> {
    uses::of_closure(closure)
}

/// Returns the words of a body that may be names of values.
pub(crate) fn words(body: TokenStream) -> HashSet<String> {
    macros::words(body).iter().map(plain).collect()
}
