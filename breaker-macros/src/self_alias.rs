//! Another name for `self`, where a closure or a binding of ours holds it: `self` can't be bound anew.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::spans::hygienic_ident;

/// The alias has the span of the user's token, whose hygiene makes it visible where `self` is.
pub(crate) fn alias_of_self(token: &Ident) -> Ident {
    Ident::new(&hygienic_ident("self").to_string(), token.span())
}

/// Writes the alias for `self`. Blocks of a nested `impl` or `trait` have a `self` of their own.
pub(crate) fn rename_self(tokens: TokenStream) -> TokenStream {
    let mut nested = false;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "self" => alias_of_self(&ident).into(),
            TokenTree::Ident(ident) => {
                nested |= ident == "impl" || ident == "trait";
                ident.into()
            }
            TokenTree::Group(group) => {
                if nested && group.delimiter() == Delimiter::Brace {
                    nested = false;
                    return group.into();
                }
                let mut fresh = Group::new(group.delimiter(), rename_self(group.stream()));
                fresh.set_span(group.span());
                fresh.into()
            }
            other => other,
        })
        .collect()
}
