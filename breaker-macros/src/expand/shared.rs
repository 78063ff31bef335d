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

/// ```text
/// Output:  let (b,) = kept;
/// ```
/// Nothing if there are no clones. A closure may change its copy of what is `mut`.
pub(super) fn bound_clones(context: &Context<'_>, kept: &Ident) -> Option<TokenStream> {
    let aliases = cloned(context, |parameter| &parameter.alias);
    let muts = with_mode(context, PassMode::Cloned).map(|parameter| may_be_mut(context, parameter));
    let uses = with_mode(context, PassMode::Cloned).filter_map(|parameter| {
        let is_changeable = is_changeable(context, parameter);
        (is_changeable || parameter.condition.is_some()).then(|| used(&parameter.alias, is_changeable))
    });
    (!aliases.is_empty()).then(|| quote!(let (#(#muts #aliases,)*) = #kept; #(#uses)*))
}

/// `let mut c = c;` where a closure may put another reference into a `&mut` parameter that is `mut`.
pub(super) fn mutable_again(context: &Context<'_>) -> TokenStream {
    let again = |parameter: &Parameter| {
        let name = &parameter.name;
        let used = used(name, true);
        quote!(let mut #name = #name; #used)
    };
    with_mode(context, PassMode::Reborrowed).filter(|parameter| is_changeable(context, parameter)).map(again).collect()
}

/// ```text
/// Output:  let _ = &mut b;
/// ```
/// Where the body has a parameter that is `mut`, and a closure may be what changes it: its copy.
pub(super) fn changed_by_closure(context: &Context<'_>) -> TokenStream {
    // What is reborrowed has its `mut` there.
    let is_own = |parameter: &&Parameter| parameter.mode == PassMode::Cloned || context.model.tracked.is_some();
    let is_changed = |parameter: &&Parameter| parameter.mutability.is_some() && is_changeable(context, parameter);
    let changed = context.model.parameters.iter().filter(is_own).filter(is_changed);
    changed.map(|parameter| used(&parameter.name, true)).collect()
}

/// A use for the lints `unused_variables` and `unused_mut`, where the user's code may have none. To allow them would be an
/// error in a crate that forbids them.
pub(super) fn used(name: &Ident, is_mut: bool) -> TokenStream {
    let mutability = is_mut.then(|| quote!(mut));
    quote!(let _ = &#mutability #name;)
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
        // The body may leave a parameter to the fallback alone, and what only a closure changes has its `mut` for that.
        let used = used(alias, mutability.is_some() && is_changeable(context, parameter));
        let allow = allow_underscored(std::iter::once(name));
        quote!(#allow let #mutability #alias = &mut *#name; #used)
    };
    let is_needed = |parameter: &&Parameter| context.model.tracked.is_some() || !is_left_out(context, &parameter.name);
    with_mode(context, PassMode::Reborrowed).filter(is_needed).map(reborrow).collect()
}

/// Whether the name begins with `_`, and the body has it nowhere: nothing then says that it is used.
fn is_left_out(context: &Context<'_>, name: &Ident) -> bool {
    let name = name.to_string();
    name.starts_with('_') && !context.model.function.body.to_string().contains(&name)
}

/// A path gets also what the body doesn't use, and that has to be named for it.
pub(super) fn allow_underscores(context: &Context<'_>) -> Option<TokenStream> {
    let by_path = matches!(context.model.fallback, Some(Fallback::Path { .. }));
    let names = context.model.parameters.iter().map(|parameter| &parameter.name);
    allow_underscored(names).filter(|_| by_path)
}

/// Nothing but this names a parameter again.
pub(super) fn allow_underscored<'a>(mut names: impl Iterator<Item = &'a Ident>) -> Option<TokenStream> {
    names.any(|name| name.to_string().starts_with('_')).then(|| quote!(#[allow(clippy::used_underscore_binding)]))
}

/// Whether `self` reaches the fallback in this mode.
pub(super) fn self_is(context: &Context<'_>, mode: PassMode) -> bool {
    with_mode(context, mode).any(|parameter| parameter.name == "self")
}

pub(super) fn with_mode<'a>(context: &Context<'a>, mode: PassMode) -> impl Iterator<Item = &'a Parameter> {
    context.model.parameters.iter().filter(move |parameter| parameter.mode == mode)
}
