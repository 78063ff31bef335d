//! Adapts the user's signature: removes each `mut` that is moved elsewhere.

use std::borrow::Cow;

use proc_macro2::Ident;
use syn::{FnArg, Pat, Signature};

use super::context::Context;
use super::shared;
use crate::parameters::{Parameter, PassMode};

/// ```text
/// Input:   mut c: &mut C             Output:  c: &mut C                    (the body's reborrow is `mut`)
/// ```
pub(super) fn adapted<'a>(context: &Context<'a>) -> Cow<'a, Signature> {
    let sig = &context.model.function.sig;
    if context.model.tracked.is_some() {
        return Cow::Owned(without_mut(sig.clone()));
    }
    let is_mut = |parameter: &&Parameter| parameter.mutability.is_some();
    let reborrowed = shared::with_mode(context, PassMode::Reborrowed).filter(is_mut).map(|parameter| &parameter.name);
    let reborrowed: Vec<&Ident> = reborrowed.collect();
    if reborrowed.is_empty() {
        return Cow::Borrowed(sig);
    }
    let mut sig = sig.clone();
    for input in &mut sig.inputs {
        // A reborrowed parameter always has a plain name.
        if let FnArg::Typed(typed) = input
            && let Pat::Ident(found) = &mut *typed.pat
            && reborrowed.contains(&&found.ident)
        {
            found.mutability = None;
        }
    }
    Cow::Owned(sig)
}

/// Removes every `mut`, for a function whose body becomes another function: it changes no parameter itself, and each
/// parameter has a plain name.
fn without_mut(mut sig: Signature) -> Signature {
    for input in &mut sig.inputs {
        match input {
            FnArg::Receiver(receiver) => receiver.mutability = None,
            FnArg::Typed(typed) => {
                if let Pat::Ident(found) = &mut *typed.pat {
                    found.mutability = None;
                }
            }
        }
    }
    sig
}
