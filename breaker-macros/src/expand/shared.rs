//! What the body shares with the fallback: the type of its result, clones of parameters, and reborrows.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::context::Context;
use crate::fallback::Fallback;
use crate::function::Shape;
use crate::parameters::{Parameter, PassMode};
use crate::spans::hygienic_at;

/// ```text
/// Output:  if let Some(value) = None::<R> { return value; }
/// ```
/// A `return` that never runs tells an async block its type, for `?` and for coercions. An error shows where that type comes
/// from.
pub(super) fn typed(context: &Context<'_>) -> TokenStream {
    let at = hygienic_at(context.result_span);
    let value = Ident::new("__breaker_return", at);
    let result = &context.model.result;
    quote_spanned! {at=>
        if let ::core::option::Option::Some(#value) = ::core::option::Option::None::<#result> {
            return #value;
        }
    }
}

/// The names of the parameters that are cloned for the fallback.
pub(super) fn cloned<'a>(context: &Context<'a>, name: impl Fn(&'a Parameter) -> &'a Ident) -> Vec<&'a Ident> {
    with_mode(context, PassMode::Cloned).map(name).collect()
}

/// `keep(&b)`, shown at `b` if it can't be cloned.
pub(super) fn clones(context: &Context<'_>) -> Vec<TokenStream> {
    let clone = |name: &Ident| {
        let private = context.private(name.span());
        quote_spanned!(hygienic_at(name.span())=> #private::keep(&#name))
    };
    cloned(context, |parameter| &parameter.name).into_iter().map(clone).collect()
}

/// `let (b,)`, to be given the clones; nothing if there are none. A closure may change its copy of what is `mut`.
pub(super) fn bound_clones(context: &Context<'_>) -> Option<TokenStream> {
    let aliases = cloned(context, |parameter| &parameter.alias);
    let any_mut = with_mode(context, PassMode::Cloned).any(|parameter| is_changeable(context, parameter));
    let any_absent = with_mode(context, PassMode::Cloned).any(|parameter| parameter.condition.is_some());
    let allow_mut = any_mut.then(|| quote!(#[allow(unused_mut)]));
    let allow_unused = any_absent.then(|| quote!(#[allow(unused_variables)]));
    let muts = with_mode(context, PassMode::Cloned).map(|parameter| may_be_mut(context, parameter));
    (!aliases.is_empty()).then(|| quote!(#allow_mut #allow_unused let (#(#muts #aliases,)*)))
}

/// `let mut c = c;` where a closure may put another reference into a `&mut` parameter that is `mut`.
pub(super) fn mutable_again(context: &Context<'_>) -> TokenStream {
    let again = |parameter: &Parameter| {
        let name = &parameter.name;
        quote!(#[allow(unused_mut)] let mut #name = #name;)
    };
    with_mode(context, PassMode::Reborrowed).filter(|parameter| is_changeable(context, parameter)).map(again).collect()
}

/// Whether a fallback may assign to it.
pub(super) fn is_changeable(context: &Context<'_>, parameter: &Parameter) -> bool {
    let by_closure = matches!(context.model.fallback, Some(Fallback::Closure(_)));
    // `#[async_trait]` has moved the `mut` into the body.
    let hidden = matches!(context.model.shape, Shape::BoxedBlock { .. }) && parameter.name != "self";
    by_closure && (parameter.mutability.is_some() || hidden)
}

fn may_be_mut(context: &Context<'_>, parameter: &Parameter) -> Option<TokenStream> {
    is_changeable(context, parameter).then(|| quote!(mut))
}

/// `let c = &mut *c;`: the body gets a reborrow, so that the fallback can have the parameter afterwards. The user's `mut`
/// stands here alone, where the body needs it.
pub(super) fn reborrows(context: &Context<'_>) -> TokenStream {
    let reborrow = |parameter: &Parameter| {
        let Parameter { name, alias, mutability, .. } = parameter;
        // There, the body has parameters of its own.
        let mutability = mutability.filter(|_| context.model.tracked.is_none());
        // What only a closure changes has its `mut` for that.
        let allow = mutability.filter(|_| is_changeable(context, parameter)).map(|_| quote!(, unused_mut));
        // The body may leave a parameter to the fallback alone.
        quote!(#[allow(unused_variables #allow)] let #mutability #alias = &mut *#name;)
    };
    with_mode(context, PassMode::Reborrowed).map(reborrow).collect()
}

/// The lints of the user's tokens where the fallback is called: a closure that calls a function is not that function, which
/// would get the parameters too; for the rest, see `allow_underscores`.
pub(super) fn allow_in_call(context: &Context<'_>) -> Option<TokenStream> {
    match context.model.fallback {
        Some(Fallback::Closure(_)) => {
            Some(quote!(#[allow(clippy::redundant_closure, clippy::redundant_closure_for_method_calls)]))
        }
        _ => allow_underscores(context),
    }
}

/// A path gets also what the body doesn't use, and that has to be named for it.
pub(super) fn allow_underscores(context: &Context<'_>) -> Option<TokenStream> {
    let by_path = matches!(context.model.fallback, Some(Fallback::Path { .. }));
    let any = || context.model.parameters.iter().any(|parameter| parameter.name.to_string().starts_with('_'));
    (by_path && any()).then(|| quote!(#[allow(clippy::used_underscore_binding)]))
}

/// Whether `self` reaches the fallback in this mode.
pub(super) fn self_is(context: &Context<'_>, mode: PassMode) -> bool {
    with_mode(context, mode).any(|parameter| parameter.name == "self")
}

pub(super) fn with_mode<'a>(context: &Context<'a>, mode: PassMode) -> impl Iterator<Item = &'a Parameter> {
    context.model.parameters.iter().filter(move |parameter| parameter.mode == mode)
}
