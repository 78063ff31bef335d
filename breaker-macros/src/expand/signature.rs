//! The user's signature, with each `mut` where it is needed.

use std::borrow::Cow;

use proc_macro2::Ident;
use syn::visit_mut::VisitMut;
use syn::{FnArg, PatIdent, Signature};

use super::context::Context;
use super::shared;
use crate::names;
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

struct WithoutMut<'a>(&'a [&'a Ident]);

impl VisitMut for WithoutMut<'_> {
    fn visit_pat_ident_mut(&mut self, found: &mut PatIdent) {
        if self.0.contains(&&found.ident) {
            found.mutability = None;
        }
        syn::visit_mut::visit_pat_ident_mut(self, found);
    }
}
