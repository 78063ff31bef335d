//! Generates the code that classifies and converts the call's result, by dispatch through the return type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use syn::Expr;

use super::context::Context;
use crate::model::{Classifier, OnRejection};
use crate::spans::{first_span, hygienic_at};

/// ```text
/// Input:   ended
/// Output:  <R as Protect<_, _>>::finish_by_error(ended, ignore_if, failure_if, Convert, injectable())
/// ```
pub(super) fn dispatched(context: &Context<'_>, method: &str, ended: &TokenStream) -> TokenStream {
    let result = &context.model.result;
    let private = context.private(context.result_span);
    let (suffix, classifier) = match &context.model.classifier {
        Classifier::Default => ("", TokenStream::new()),
        Classifier::ByResult(classify) => ("_by_result", quote!(#classify,)),
        Classifier::ByError { ignore_if, failure_if } => {
            let ignore_if = ignore_if.map_or_else(|| quote!(|_| false), ToTokens::to_token_stream);
            let failure_if = failure_if.map_or_else(|| quote!(|_| true), ToTokens::to_token_stream);
            ("_by_error", quote!(#ignore_if, #failure_if,))
        }
    };
    let strategy = strategy(context);
    let at = hygienic_at(context.result_span);
    let method = Ident::new(&format!("{method}{suffix}"), at);
    let path = quote_spanned!(at=> <#result as #private::Protect<_, _>>::#method);
    // If the error type does not meet a bound, the error is shown on the return type.
    let injected = Ident::new(if context.model.is_injectable { "injectable" } else { "not_injectable" }, at);
    let injected = quote_spanned!(at=> #private::#injected());
    quote!(#path(#ended, #classifier #strategy, #injected))
}

/// ```text
/// Input:   map_error = path          Output:  map(path)
/// Input:   map_error = |error| …     Output:  map_to(None::<R>, |error| …)
/// Input:   fail_fast = false         Output:  Degrade(errors_of::<R>().as_debug())
/// ```
/// If the return type contains `impl Trait`, its error type can't be named: `AnyErrors` stands in for it.
fn strategy(context: &Context<'_>) -> TokenStream {
    let private = context.private(Span::mixed_site());
    match &context.model.on_rejection {
        OnRejection::Convert => quote!(#private::Convert),
        OnRejection::Degrade if context.model.has_impl_trait => {
            quote!(#private::Degrade(#private::AnyErrors.as_debug()))
        }
        OnRejection::Degrade => {
            let result = &context.model.result;
            quote!(#private::Degrade(#private::errors_of::<#result>().as_debug()))
        }
        OnRejection::Map(map) => {
            let at = first_span(map);
            let private = context.private(at);
            let is_closure = matches!(map, Expr::Closure(_));
            // With `impl Trait` in it, the type can't be inferred here.
            if is_closure && !context.model.has_impl_trait {
                let result = &context.model.result;
                let none = quote_spanned!(hygienic_at(context.result_span)=> ::core::option::Option::None::<#result>);
                return quote_spanned!(hygienic_at(at)=> #private::map_to(#none, #map));
            }
            quote_spanned!(hygienic_at(at)=> #private::map(#map))
        }
    }
}
