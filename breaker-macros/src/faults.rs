//! Collects all faults, that is, errors in the user's code, so that one compilation shows them all.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The faults found so far, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Faults {
    errors: Vec<syn::Error>,
}

impl Faults {
    /// Reports a fault on the user's own tokens.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.errors.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports a fault at a span, where there is no token to report it on, such as for a missing key.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.errors.push(syn::Error::new(span, message));
    }

    /// Reports an error of the parser.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// One `compile_error!` for each fault.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.errors.iter().map(syn::Error::to_compile_error).collect()
    }

    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.errors.iter().map(ToString::to_string).collect()
    }
}
