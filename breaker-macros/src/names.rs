//! Names that code uses, and names that a pattern binds.

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

/// The names that a closure takes from its surroundings as values.
///
/// A word that may be a value or not, as in a macro of the user's, counts only where a value could stand.
pub(crate) fn captured(closure: &ExprClosure) -> HashSet<String> {
    uses::of_closure(closure)
}

/// The words of a body that may be names of values.
pub(crate) fn words(body: TokenStream) -> HashSet<String> {
    macros::words(body).iter().map(plain).collect()
}
