//! Names that code uses, and names that a pattern binds.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::Visit;
use syn::{ExprClosure, Pat, PatIdent};

/// The names that a closure takes from its surroundings, and perhaps some that it doesn't.
pub(crate) fn captured(closure: &ExprClosure) -> HashSet<String> {
    let mut names = HashSet::new();
    collect_used(closure.body.to_token_stream(), &mut names);
    for input in &closure.inputs {
        for (name, _) in bound(input) {
            names.remove(&name.to_string());
        }
    }
    names
}

/// The names that a pattern binds; true for those that are `mut`.
pub(crate) fn bound(pattern: &Pat) -> Vec<(Ident, bool)> {
    struct Names(Vec<(Ident, bool)>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, found: &'ast PatIdent) {
            self.0.push((found.ident.clone(), found.mutability.is_some()));
            syn::visit::visit_pat_ident(self, found);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pattern);
    names.0
}

/// All words in the tokens, also those in format strings.
fn collect_used(tokens: TokenStream, found: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect_used(group.stream(), found),
            TokenTree::Literal(literal) => collect_formatted(&literal.to_string(), found),
            TokenTree::Punct(_) => {}
        }
    }
}

/// The names between braces: `{name}`, `{name:?}`, `{:>width$}`. One too many is harmless.
fn collect_formatted(literal: &str, found: &mut HashSet<String>) {
    if !literal.contains('"') {
        return;
    }
    for part in literal.split('{').skip(1) {
        let inside = part.split('}').next().unwrap_or("");
        let words = inside.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        found.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
}
