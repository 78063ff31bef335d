//! The parameters that a fallback uses, and how each is passed to it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, ExprClosure, Pat, PatIdent, ReceiverKind, Token, Type};

use crate::fallback::Fallback;
use crate::faults::Faults;
use crate::function::Function;
use crate::names;
use crate::return_type;
use crate::self_alias::alias_of_self;

/// How a parameter is passed to the fallback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PassMode {
    /// A shared reference: passed to both the body and the fallback.
    Shared,
    /// A `&mut` reference: reborrowed for the body, then passed to the fallback.
    Reborrowed,
    /// By value: cloned when the call is admitted, moved when it is rejected.
    Cloned,
}

/// A parameter, or a name bound by its pattern, that the fallback uses.
pub(crate) struct Parameter {
    /// Its name in the function.
    pub(crate) name: Ident,
    /// Its name in the fallback: the same, except for `self`, which can't be rebound.
    pub(crate) alias: Ident,
    pub(crate) mode: PassMode,
    /// The user's `mut`.
    pub(crate) mutability: Option<Token![mut]>,
    /// The condition of its `#[cfg(…)]`.
    pub(crate) condition: Option<TokenStream>,
}

impl Parameter {
    fn new(name: Ident, mode: PassMode, mutability: Option<Token![mut]>) -> Self {
        let alias = if name == "self" { alias_of_self(&name) } else { name.clone() };
        Self { name, alias, mode, mutability, condition: None }
    }

    fn under(mut self, attrs: &[Attribute]) -> Self {
        self.condition = condition(attrs);
        self
    }

    /// Returns all parameters that the fallback uses, in the order of the signature.
    pub(crate) fn all(function: &Function, fallback: &Fallback<'_>, faults: &mut Faults) -> Vec<Self> {
        match fallback {
            Fallback::Path { with_self, .. } => all_of_path(function, *with_self, faults),
            Fallback::Closure(closure) => all_of_closure(function, closure),
        }
    }
}

/// Joins the conditions of all `#[cfg(…)]` into one.
pub(crate) fn condition(attrs: &[Attribute]) -> Option<TokenStream> {
    let conditions: Vec<TokenStream> =
        attrs.iter().filter(|attr| attr.path().is_ident("cfg")).filter_map(|attr| attr.parse_args().ok()).collect();
    (!conditions.is_empty()).then(|| quote!(all(#(#conditions),*)))
}

fn receiver(function: &Function) -> Option<Parameter> {
    let receiver = function.receiver()?;
    let mode = match &receiver.kind {
        ReceiverKind::Reference(_, _, Some(_)) => PassMode::Reborrowed,
        ReceiverKind::Reference(..) => PassMode::Shared,
        ReceiverKind::Typed(_, ty) => mode_of(ty),
        _ => PassMode::Cloned,
    };
    Some(Parameter::new(Ident::new("self", receiver.self_token.span), mode, receiver.mutability))
}

fn mode_of(ty: &Type) -> PassMode {
    match return_type::ungroup(ty) {
        Type::Reference(reference) if reference.mutability.is_some() => PassMode::Reborrowed,
        Type::Reference(_) => PassMode::Shared,
        _ => PassMode::Cloned,
    }
}

/// Returns the parameters of a fallback path: all of them.
fn all_of_path(function: &Function, with_self: bool, faults: &mut Faults) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = if with_self { receiver(function).into_iter().collect() } else { Vec::new() };
    for parameter in function.typed_parameters() {
        match &*parameter.pat {
            Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, mutability, .. }) => {
                found.push(Parameter::new(ident.clone(), mode_of(&parameter.ty), *mutability).under(&parameter.attrs));
            }
            pattern => faults.on(
                pattern,
                "a `fallback` path is called with this parameter, which needs a plain name: name it, or use a closure, as in `fallback = |error| …`",
            ),
        }
    }
    found
}

/// Returns the parameters of a fallback closure: those that it captures.
fn all_of_closure(function: &Function, closure: &ExprClosure) -> Vec<Parameter> {
    let captured = names::captured(closure);
    let mut found: Vec<Parameter> = receiver(function).filter(|_| captured.contains("self")).into_iter().collect();
    for parameter in function.typed_parameters() {
        let whole = matches!(&*parameter.pat, Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none());
        for (name, mutability) in names::bound(&parameter.pat) {
            if captured.contains(&names::plain(&name)) {
                let mode = if whole { mode_of(&parameter.ty) } else { PassMode::Cloned };
                found.push(Parameter::new(name, mode, mutability).under(&parameter.attrs));
            }
        }
    }
    found
}
