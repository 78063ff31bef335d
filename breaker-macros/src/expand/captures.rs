//! Makes the closure or block around the user's body capture each parameter whole, so that the drop order is that of the
//! function without the attribute.

use proc_macro2::{Group, Ident, TokenStream};
use quote::quote;
use syn::{FnArg, ReceiverKind, Type};

use super::context::Context;
use super::shared;
use crate::function::Shape;
use crate::names;
use crate::parameters::condition;
use crate::return_type;

/// ```text
/// Input:   fn get(a: A, mut b: B)    Output:  if false { match (&b, &a) { _ => {} } }
/// ```
/// The code never runs, but the compiler captures variables in the order of their first use: here the last parameter comes
/// first, and so is dropped first. The borrow also captures the whole parameter instead of single fields, which lints would
/// report.
///
/// A parameter that the body doesn't name is left out, so that the lint `unused_variables` still reports it.
pub(super) fn whole(context: &Context<'_>, body: &Group) -> Option<TokenStream> {
    // `#[async_trait]` binds the parameters inside the block.
    if matches!(context.model.shape, Shape::BoxedBlock { .. }) {
        return None;
    }
    let mut found = by_value(context);
    if found.is_empty() {
        return None;
    }
    let words = names::words(body.stream());
    found.retain(|(name, _)| name.to_string().starts_with('_') || words.contains(&names::plain(name)));
    let is_needed = found.len() > 1 || found.iter().any(|(_, is_mut)| *is_mut);
    let names: Vec<&Ident> = found.iter().rev().map(|(name, _)| name).collect();
    let allow = shared::allow_underscored(names.iter().copied());
    is_needed.then(|| {
        quote! {
            #allow
            if false { match (#(&#names,)*) { _ => {} } }
        }
    })
}

/// Returns the names of the parameters that may have fields or a destructor, and whether each is `mut`.
fn by_value(context: &Context<'_>) -> Vec<(Ident, bool)> {
    let mut found = Vec::new();
    for input in &context.model.function.sig.inputs {
        match input {
            FnArg::Receiver(receiver) if !matches!(receiver.kind, ReceiverKind::Reference(..)) => {
                found.push((Ident::new("self", receiver.self_token.span), receiver.mutability.is_some()));
            }
            // A parameter under `#[cfg]` may be absent, so it can't be named unconditionally.
            FnArg::Typed(typed) if has_parts(&typed.ty) && condition(&typed.attrs).is_none() => {
                found.extend(names::bound(&typed.pat).into_iter().map(|(name, token)| (name, token.is_some())));
            }
            FnArg::Receiver(_) | FnArg::Typed(_) => {}
        }
    }
    found
}

fn has_parts(ty: &Type) -> bool {
    match return_type::ungroup(ty) {
        Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => false,
        Type::Path(path) => !path.path.get_ident().is_some_and(return_type::is_primitive),
        _ => true,
    }
}
