//! Spans of generated tokens: the hygiene of the definition site, shown at the user's code.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// Returns an identifier that the user's code can neither shadow nor see.
pub(crate) fn hygienic_ident(name: &str) -> Ident {
    Ident::new(&format!("__breaker_{name}"), Span::mixed_site())
}

/// Returns a span with the hygiene of the definition site and the location of the user's `at`.
pub(crate) fn hygienic_at(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// Gives all tokens the location of the user's `at`, so that errors are shown there.
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

/// Returns the span of the first token.
pub(crate) fn first_span(tokens: &impl ToTokens) -> Span {
    tokens.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
