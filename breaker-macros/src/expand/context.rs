//! The input that all generators share.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::model::Model;
use crate::spans::{first_span, hygienic_at, hygienic_ident, located_at};

pub(super) struct Context<'a> {
    pub(super) model: &'a Model<'a>,
    /// The span of the return type, where errors about it are shown.
    pub(super) result_span: Span,
}

impl<'a> Context<'a> {
    pub(super) fn new(model: &'a Model<'a>) -> Self {
        Self { model, result_span: first_span(&model.result) }
    }

    /// Returns the expression that leads to the breaker: the function's site, or the breaker that `expand::own_breaker` has
    /// bound.
    pub(super) fn source(&self) -> TokenStream {
        if self.model.breaker.is_none() {
            return quote!(&__BREAKER_SITE);
        }
        hygienic_ident("own").into_token_stream()
    }

    /// Returns the path `::breaker_core::__private`; an error that involves it is shown at `at`.
    pub(super) fn private(&self, at: Span) -> TokenStream {
        // The user's path keeps its span: if it is wrong, the error is shown there.
        if let Some(path) = self.model.crate_path {
            let private = located_at(quote!(::__private), hygienic_at(at));
            return quote!(#path #private);
        }
        located_at(quote_spanned!(Span::mixed_site()=> ::breaker_core::__private), hygienic_at(at))
    }
}
