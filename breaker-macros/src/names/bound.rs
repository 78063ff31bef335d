//! Names that a pattern binds, and names as they are compared.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Pat, PatIdent, Token};

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
