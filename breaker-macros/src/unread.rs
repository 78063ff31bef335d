//! Handles a function whose signature the parser can't read.
//!
//! Nearly always the compiler can't read it either, and has reported that before the attribute runs: it recovers from small
//! mistakes and continues. An error of the attribute would be a second one for the same mistake.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Error;

use crate::spans::hygienic_at;

/// ```text
/// Input:   fn get(key) -> R { body }
/// Output:  fn get(key) -> R { #[must_use = "…"] fn unprotected() -> u8 { panic!("…") } unprotected(); { body } }
/// ```
/// The compiler checks for unused results only if there is no other error. Then the syntax is newer than the parser, and the
/// function must not lose its breaker silently: the unused result is an error. If lints are capped, the function panics when
/// it is called.
///
/// # Errors
/// Returns `error` for an item without a body.
pub(crate) fn function(item: TokenStream, error: Error) -> Result<TokenStream, Error> {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let Some(TokenTree::Group(body)) = tokens.pop().filter(has_braces) else { return Err(error) };
    let message = format!("`#[circuit_breaker]` can't read this signature, so nothing is protected: {error}");
    let call = quote_spanned!(hygienic_at(error.span())=> __breaker_unprotected(););
    let mut guarded = Group::new(
        Delimiter::Brace,
        quote! {
            #[must_use = #message]
            fn __breaker_unprotected() -> u8 {
                ::core::panic!("{}", #message)
            }
            #[deny(unused_must_use)]
            #call
            #body
        },
    );
    guarded.set_span(body.span());
    Ok(tokens.into_iter().map(TokenTree::into_token_stream).chain([guarded.to_token_stream()]).collect())
}

fn has_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}
