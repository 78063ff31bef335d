//! Spans of generated tokens: the hygiene of the definition site, shown at the user's code.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// An identifier that no name of the user can shadow or see.
pub(crate) fn hygienic_ident(name: &str) -> Ident {
    Ident::new(&format!("__breaker_{name}"), Span::mixed_site())
}

/// The hygiene of the definition site, at the place of the user's `at`.
pub(crate) fn hygienic_at(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// Gives all tokens the place of the user's `at`, so that an error is shown there.
pub(crate) fn located_at(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                let mut moved = Group::new(group.delimiter(), located_at(group.stream(), at));
                moved.set_span(group.span().located_at(at));
                return TokenTree::Group(moved);
            }
            token.set_span(token.span().located_at(at));
            token
        })
        .collect()
}

/// The span of the first token: where a piece of syntax starts.
pub(crate) fn first_span(tokens: &impl ToTokens) -> Span {
    tokens.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
