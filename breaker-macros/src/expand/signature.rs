//! The user's signature, with each `mut` where it is needed.

use std::borrow::Cow;

use proc_macro2::Ident;
use syn::visit_mut::VisitMut;
use syn::{Attribute, FnArg, PatIdent, Signature, parse_quote};

use super::context::Context;
use super::shared;
use crate::names;
use crate::parameters::{Parameter, PassMode};

/// ```text
/// Input:   mut c: &mut C             Output:  c: &mut C                    (the body's reborrow is `mut`)
/// Input:   mut b: B                  Output:  #[allow(unused_mut)] mut b: B
/// ```
/// The second where only the closure may change its copy: without the `mut` of the user, that would not be one.
pub(super) fn adapted<'a>(context: &Context<'a>) -> Cow<'a, Signature> {
    let sig = &context.model.function.sig;
    if context.model.tracked.is_some() {
        return Cow::Owned(without_mut(sig.clone()));
    }
    let of = |mode| shared::with_mode(context, mode).filter(|parameter| parameter.mutability.is_some());
    let reborrowed: Vec<&Ident> = of(PassMode::Reborrowed).map(|parameter| &parameter.name).collect();
    let changeable = |parameter: &&Parameter| shared::is_changeable(context, parameter);
    let changed: Vec<&Ident> = of(PassMode::Cloned).filter(changeable).map(|parameter| &parameter.name).collect();
    if reborrowed.is_empty() && changed.is_empty() {
        return Cow::Borrowed(sig);
    }
    let mut sig = sig.clone();
    for input in &mut sig.inputs {
        if binds(input, &changed) {
            attributes(input).push(parse_quote!(#[allow(unused_mut)]));
        }
        if let FnArg::Typed(typed) = input {
            WithoutMut(&reborrowed).visit_pat_mut(&mut typed.pat);
        }
    }
    Cow::Owned(sig)
}

/// That of one whose body is another function: nothing in it changes a parameter.
fn without_mut(mut sig: Signature) -> Signature {
    for input in &mut sig.inputs {
        match input {
            FnArg::Receiver(receiver) if receiver.reference.is_none() => receiver.mutability = None,
            FnArg::Receiver(_) => {}
            FnArg::Typed(typed) => {
                let names: Vec<Ident> = names::bound(&typed.pat).into_iter().map(|(name, _)| name).collect();
                WithoutMut(&names.iter().collect::<Vec<_>>()).visit_pat_mut(&mut typed.pat);
            }
        }
    }
    sig
}

/// That of the other function, which has each `mut` of the user. A closure may be what needs one.
pub(super) fn of_body(context: &Context<'_>) -> Signature {
    let mut sig = context.model.function.sig.clone();
    let changed = |parameter: &&Parameter| parameter.mutability.is_some() && shared::is_changeable(context, parameter);
    let changed: Vec<&Ident> =
        context.model.parameters.iter().filter(changed).map(|parameter| &parameter.name).collect();
    for input in sig.inputs.iter_mut().filter(|input| binds(input, &changed)) {
        attributes(input).push(parse_quote!(#[allow(unused_mut)]));
    }
    sig
}

fn binds(input: &FnArg, searched: &[&Ident]) -> bool {
    match input {
        FnArg::Receiver(_) => searched.iter().any(|name| *name == "self"),
        FnArg::Typed(typed) => names::bound(&typed.pat).iter().any(|(name, _)| searched.contains(&name)),
    }
}

fn attributes(input: &mut FnArg) -> &mut Vec<Attribute> {
    match input {
        FnArg::Receiver(receiver) => &mut receiver.attrs,
        FnArg::Typed(typed) => &mut typed.attrs,
    }
}

struct WithoutMut<'a>(&'a [&'a Ident]);

impl VisitMut for WithoutMut<'_> {
    fn visit_pat_ident_mut(&mut self, found: &mut PatIdent) {
        if self.0.contains(&&found.ident) {
            found.mutability = None;
        }
        syn::visit_mut::visit_pat_ident_mut(self, found);
    }
}
