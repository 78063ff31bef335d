//! What the closure or block around the user's body takes of the parameters: each whole, and in the order in which they are
//! dropped without the attribute.

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
/// Never run: but the compiler captures what is named there first, so the last parameter is dropped first.
/// A parameter that is captured whole is none whose field alone is captured, of which lints would speak.
///
/// What the body doesn't name stays outside, for the lint `unused_variables`.
pub(super) fn whole(context: &Context<'_>, body: &Group) -> Option<TokenStream> {
    // `#[async_trait]` has bound them inside.
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

/// The names of what may have fields, or something to drop; true for those that are `mut`.
fn by_value(context: &Context<'_>) -> Vec<(Ident, bool)> {
    let mut found = Vec::new();
    for input in &context.model.function.sig.inputs {
        match input {
            FnArg::Receiver(receiver) if !matches!(receiver.kind, ReceiverKind::Reference(..)) => {
                found.push((Ident::new("self", receiver.self_token.span), receiver.mutability.is_some()));
            }
            // One that is there under a condition has no place that is always right.
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
