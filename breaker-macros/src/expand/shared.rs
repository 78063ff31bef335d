//! The parameters that the body shares with the fallback: clones, and reborrows.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::context::Context;
use crate::parameters::{Parameter, PassMode};
use crate::spans::hygienic_at;

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

/// `let c = &mut *c;`: the body gets a reborrow, so that the fallback can have the parameter afterwards.
pub(super) fn reborrows(context: &Context<'_>) -> TokenStream {
    let reborrow = |parameter: &Parameter| {
        let (name, alias) = (&parameter.name, &parameter.alias);
        let is_mut = parameter.is_mut.then(|| quote!(mut));
        // The body may leave a parameter to the fallback alone.
        quote!(#[allow(unused_variables, unused_mut)] let #is_mut #alias = &mut *#name;)
    };
    with_mode(context, PassMode::Reborrowed).map(reborrow).collect()
}

/// Whether `self` reaches the fallback in this mode.
pub(super) fn self_is(context: &Context<'_>, mode: PassMode) -> bool {
    with_mode(context, mode).any(|parameter| parameter.name == "self")
}

fn with_mode<'a>(context: &Context<'a>, mode: PassMode) -> impl Iterator<Item = &'a Parameter> {
    context.model.parameters.iter().filter(move |parameter| parameter.mode == mode)
}
