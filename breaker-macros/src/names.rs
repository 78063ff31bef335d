//! Names that code uses, and names that a pattern binds.

mod format;
mod macros;
mod uses;

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{ExprClosure, Pat, PatIdent, Token};

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

/// The names that a pattern binds, with their `mut`.
pub(crate) fn bound(pattern: &Pat) -> Vec<(Ident, Option<Token![mut]>)> {
    struct Names(Vec<(Ident, Option<Token![mut]>)>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, found: &'ast PatIdent) {
            self.0.push((found.ident.clone(), found.mutability));
            syn::visit::visit_pat_ident(self, found);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pattern);
    names.0
}

/// The name as a format string has it: `type` for `r#type`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}
