//! Generates what the body and the fallback share: the type of the result, clones of parameters, and reborrows.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::context::Context;
use crate::fallback::Fallback;
use crate::function::Shape;
use crate::parameters::{Parameter, PassMode};
use crate::spans::hygienic_at;

/// ```text
/// Output:  if false { return never::<R>(); }
/// ```
/// This `return` never runs. It sets the type of an async block, for `?` and for coercions, and an error shows where the
/// type comes from.
pub(super) fn typed(context: &Context<'_>) -> TokenStream {
    let (private, result) = (context.private(context.result_span), &context.model.result);
    quote_spanned! {hygienic_at(context.result_span)=>
        if false {
            return #private::never::<#result>();
        }
    }
}

/// Returns the names of the parameters that are cloned for the fallback.
pub(super) fn cloned<'a>(context: &Context<'a>, name: impl Fn(&'a Parameter) -> &'a Ident) -> Vec<&'a Ident> {
    with_mode(context, PassMode::Cloned).map(name).collect()
}

/// Generates `keep(&b)`; if `b` can't be cloned, the error is shown at `b`.
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
/// Returns `None` if there are no clones. The clone of a `mut` parameter is `mut`, since a closure may change it.
pub(super) fn bound_clones(context: &Context<'_>, kept: &Ident) -> Option<TokenStream> {
    let aliases = cloned(context, |parameter| &parameter.alias);
    let muts = with_mode(context, PassMode::Cloned).map(|parameter| may_be_mut(context, parameter));
    let uses = with_mode(context, PassMode::Cloned).filter_map(|parameter| {
        let is_changeable = is_changeable(context, parameter);
        (is_changeable || parameter.condition.is_some()).then(|| used(&parameter.alias, is_changeable))
    });
    (!aliases.is_empty()).then(|| quote!(let (#(#muts #aliases,)*) = #kept; #(#uses)*))
}

/// Generates `let mut c = c;` for each `mut c: &mut C`, since a closure may assign another reference to it.
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
/// A closure may be the only code that changes a `mut` parameter, and it changes the clone. This use keeps the lint
/// `unused_mut` from reporting the parameter itself.
pub(super) fn changed_by_closure(context: &Context<'_>) -> TokenStream {
    // A reborrowed parameter has its `mut` at the reborrow.
    let is_own = |parameter: &&Parameter| parameter.mode == PassMode::Cloned || context.model.tracked.is_some();
    let is_changed = |parameter: &&Parameter| parameter.mutability.is_some() && is_changeable(context, parameter);
    let changed = context.model.parameters.iter().filter(is_own).filter(is_changed);
    changed.map(|parameter| used(&parameter.name, true)).collect()
}

/// Generates a use of the name for the lints `unused_variables` and `unused_mut`, since the user's code may have none.
/// `#[allow]` would be an error in a crate that forbids these lints.
pub(super) fn used(name: &Ident, is_mut: bool) -> TokenStream {
    let mutability = is_mut.then(|| quote!(mut));
    quote!(let _ = &#mutability #name;)
}

/// Whether a fallback closure may assign to the parameter.
pub(super) fn is_changeable(context: &Context<'_>, parameter: &Parameter) -> bool {
    let by_closure = matches!(context.model.fallback, Some(Fallback::Closure(_)));
    // `#[async_trait]` moves the `mut` into the body.
    let hidden = matches!(context.model.shape, Shape::BoxedBlock { .. }) && parameter.name != "self";
    by_closure && (parameter.mutability.is_some() || hidden)
}

fn may_be_mut(context: &Context<'_>, parameter: &Parameter) -> Option<TokenStream> {
    is_changeable(context, parameter).then(|| quote!(mut))
}

/// Generates `let c = &mut *c;`: the body gets a reborrow, so that the fallback can use the parameter afterwards. The user's
/// `mut` is moved from the signature to this binding, where the body needs it.
pub(super) fn reborrows(context: &Context<'_>) -> TokenStream {
    let reborrow = |parameter: &Parameter| {
        let Parameter { name, alias, mutability, .. } = parameter;
        // With `#[track_caller]`, the body is another function, whose parameters have the `mut`.
        let mutability = mutability.filter(|_| context.model.tracked.is_none());
        // The body may not use the parameter at all, or the closure alone may change it: both are uses for the lints.
        let used = used(alias, mutability.is_some() && is_changeable(context, parameter));
        let allow = allow_underscored(std::iter::once(name));
        quote!(#allow let #mutability #alias = &mut *#name; #used)
    };
    let is_needed = |parameter: &&Parameter| context.model.tracked.is_some() || !is_left_out(context, &parameter.name);
    with_mode(context, PassMode::Reborrowed).filter(is_needed).map(reborrow).collect()
}

/// Whether the name begins with `_` and does not occur in the body: a reborrow would then be a use that the user didn't write.
fn is_left_out(context: &Context<'_>, name: &Ident) -> bool {
    let name = name.to_string();
    name.starts_with('_') && !context.model.function.body.to_string().contains(&name)
}

/// Allows the use of underscored names for a fallback path, which gets all parameters, also those that the body doesn't use.
pub(super) fn allow_underscores(context: &Context<'_>) -> Option<TokenStream> {
    let by_path = matches!(context.model.fallback, Some(Fallback::Path { .. }));
    let names = context.model.parameters.iter().map(|parameter| &parameter.name);
    allow_underscored(names).filter(|_| by_path)
}

/// Allows clippy's lint about the use of underscored names, if there is such a name: the generated code uses parameters.
pub(super) fn allow_underscored<'a>(mut names: impl Iterator<Item = &'a Ident>) -> Option<TokenStream> {
    names.any(|name| name.to_string().starts_with('_')).then(|| quote!(#[allow(clippy::used_underscore_binding)]))
}

/// Whether `self` is passed to the fallback in this mode.
pub(super) fn self_is(context: &Context<'_>, mode: PassMode) -> bool {
    with_mode(context, mode).any(|parameter| parameter.name == "self")
}

pub(super) fn with_mode<'a>(context: &Context<'a>, mode: PassMode) -> impl Iterator<Item = &'a Parameter> {
    context.model.parameters.iter().filter(move |parameter| parameter.mode == mode)
}
