//! What all generators need to know.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::model::Model;
use crate::spans::{first_span, hygienic_at, hygienic_ident, located_at};

pub(super) struct Context<'a> {
    pub(super) model: &'a Model<'a>,
    /// The place of the return type, where an error about it belongs.
    pub(super) result_span: Span,
}

impl<'a> Context<'a> {
    pub(super) fn new(model: &'a Model<'a>) -> Self {
        Self { model, result_span: first_span(&model.result) }
    }

    /// What finds the breaker: the function's site, or the breaker itself, which `expand::own_breaker` has bound.
    pub(super) fn source(&self) -> TokenStream {
        if self.model.breaker.is_none() {
            return quote!(&__BREAKER_SITE);
        }
        hygienic_ident("own").into_token_stream()
    }

    /// `::breaker_core::__private`, shown at `at` if it is part of an error.
    pub(super) fn private(&self, at: Span) -> TokenStream {
        // A path that the user wrote keeps its place: if it is wrong, that is where.
        if let Some(path) = self.model.crate_path {
            let private = located_at(quote!(::__private), hygienic_at(at));
            return quote!(#path #private);
        }
        located_at(quote_spanned!(Span::mixed_site()=> ::breaker_core::__private), hygienic_at(at))
    }
}
