//! The parameters that a fallback needs: which are lent, which are kept.

use std::collections::HashSet;

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{ExprClosure, Pat, PatIdent, Type};

use crate::diag::Faults;
use crate::item::{self, Function};
use crate::model::{Fallback, own, typed};

/// How a parameter reaches the fallback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pass {
    /// A shared reference: both the body and the fallback have it.
    Shared,
    /// `&mut`: lent to the body, then to the fallback.
    Lent,
    /// By value: cloned when the call is admitted, moved when it is refused.
    Kept,
}

/// A parameter, or a name bound by its pattern, that the fallback uses.
pub(crate) struct Parameter {
    /// Where the function has it.
    pub(crate) name: Ident,
    /// Where the fallback has it: another name for `self`, which can't be bound anew.
    pub(crate) alias: Ident,
    pub(crate) pass: Pass,
    pub(crate) is_mut: bool,
}

impl Parameter {
    fn new(name: Ident, pass: Pass, is_mut: bool) -> Self {
        let alias = if name == "self" { alias_of_self(&name) } else { name.clone() };
        Self { name, alias, pass, is_mut }
    }

    /// All that the fallback uses, in the order of the signature.
    pub(crate) fn all(function: &Function, fallback: &Fallback<'_>, faults: &mut Faults) -> Vec<Self> {
        match fallback {
            Fallback::Path { with_self, .. } => by_path(function, *with_self, faults),
            Fallback::Closure(closure) => by_closure(function, closure),
        }
    }
}

/// What stands for `self` in a fallback and in a body that is only lent `self`. It has the place of
/// the user's token, whose hygiene makes it visible where `self` is.
pub(crate) fn alias_of_self(token: &Ident) -> Ident {
    Ident::new(&own("self").to_string(), token.span())
}

fn receiver(function: &Function) -> Option<Parameter> {
    let receiver = function.receiver()?;
    let pass = if receiver.reference.is_some() {
        if receiver.mutability.is_some() { Pass::Lent } else { Pass::Shared }
    } else {
        pass_of(&receiver.ty)
    };
    Some(Parameter::new(Ident::new("self", receiver.self_token.span), pass, false))
}

fn pass_of(ty: &Type) -> Pass {
    match item::ungroup(ty) {
        Type::Reference(reference) if reference.mutability.is_some() => Pass::Lent,
        Type::Reference(_) => Pass::Shared,
        _ => Pass::Kept,
    }
}

fn by_path(function: &Function, with_self: bool, faults: &mut Faults) -> Vec<Parameter> {
    let mut found: Vec<Parameter> = if with_self { receiver(function).into_iter().collect() } else { Vec::new() };
    for parameter in typed(function) {
        match &*parameter.pat {
            Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, mutability, .. }) => {
                found.push(Parameter::new(ident.clone(), pass_of(&parameter.ty), mutability.is_some()));
            }
            pattern => faults.on(
                pattern,
                "a `fallback` given by its path gets this parameter, which has no plain name: name it, or use a closure, as in `fallback = |error| …`",
            ),
        }
    }
    found
}

fn by_closure(function: &Function, closure: &ExprClosure) -> Vec<Parameter> {
    let mut named = HashSet::new();
    names(quote::ToTokens::to_token_stream(&closure.body), &mut named);
    for input in &closure.inputs {
        for (own, _) in bindings(input) {
            named.remove(&own.to_string());
        }
    }
    let mut found: Vec<Parameter> = receiver(function).filter(|_| named.contains("self")).into_iter().collect();
    for parameter in typed(function) {
        let whole = matches!(&*parameter.pat, Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none());
        for (name, is_mut) in bindings(&parameter.pat) {
            if named.contains(&name.to_string()) {
                let pass = if whole { pass_of(&parameter.ty) } else { Pass::Kept };
                found.push(Parameter::new(name, pass, is_mut));
            }
        }
    }
    found
}

/// The names that a pattern binds.
fn bindings(pattern: &Pat) -> Vec<(Ident, bool)> {
    struct Names(Vec<(Ident, bool)>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, found: &'ast PatIdent) {
            self.0.push((found.ident.clone(), found.mutability.is_some()));
            syn::visit::visit_pat_ident(self, found);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pattern);
    names.0
}

/// All words in the tokens, also those that a format string names.
fn names(tokens: TokenStream, found: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string());
            }
            TokenTree::Group(group) => names(group.stream(), found),
            TokenTree::Literal(literal) => in_format(&literal.to_string(), found),
            TokenTree::Punct(_) => {}
        }
    }
}

/// The names between braces: `{name}`, `{name:?}`, `{:>width$}`. One too many is harmless.
fn in_format(literal: &str, found: &mut HashSet<String>) {
    if !literal.contains('"') {
        return;
    }
    for part in literal.split('{').skip(1) {
        let inside = part.split('}').next().unwrap_or("");
        let words = inside.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        found.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
}

/// Writes `alias` for `self`. Blocks of a nested `impl` or `trait` have a `self` of their own.
pub(crate) fn rename_self(tokens: TokenStream) -> TokenStream {
    let mut nested = false;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "self" => alias_of_self(&ident).into(),
            TokenTree::Ident(ident) => {
                nested |= ident == "impl" || ident == "trait";
                ident.into()
            }
            TokenTree::Group(group) => {
                if nested && group.delimiter() == proc_macro2::Delimiter::Brace {
                    nested = false;
                    return group.into();
                }
                let mut fresh = Group::new(group.delimiter(), rename_self(group.stream()));
                fresh.set_span(group.span());
                fresh.into()
            }
            other => other,
        })
        .collect()
}
