//! What the tokens of a return type tell: the output of a future, types that are no `Result`, `impl Trait`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::visit_mut::VisitMut;
use syn::{GenericArgument, PathArguments, Type, TypeParamBound};

/// The output of `impl Future<Output = …>`.
pub(crate) fn output_of_impl_future(ty: &Type) -> Option<Type> {
    let Type::ImplTrait(opaque) = ungroup(ty) else {
        return None;
    };
    future_output(&opaque.bounds)
}

/// The output of `Pin<Box<dyn Future<Output = …>>>`, or of its aliases in the crate futures.
pub(crate) fn output_of_boxed_future(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ungroup(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
        return type_argument(&last.arguments).cloned();
    }
    if last.ident != "Pin" {
        return None;
    }
    let Type::Path(boxed) = ungroup(type_argument(&last.arguments)?) else {
        return None;
    };
    let boxed = boxed.path.segments.last().filter(|segment| segment.ident == "Box")?;
    let Type::TraitObject(object) = ungroup(type_argument(&boxed.arguments)?) else {
        return None;
    };
    future_output(&object.bounds)
}

/// The first argument that is a type.
fn type_argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn future_output<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> Option<Type> {
    bounds.into_iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let last = bound.path.segments.last().filter(|segment| segment.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
            _ => None,
        })
    })
}

/// A type that came through `$ty:ty` of a `macro_rules!` stands in an invisible group.
pub(crate) fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// True for types that are no `Result` whatever they are called: only the compiler knows about the others.
pub(crate) fn is_plainly_no_result(ty: &Type) -> bool {
    const NAMES: [&str; 4] = ["Option", "String", "Vec", "str"];
    match ungroup(ty) {
        Type::Path(path) if path.qself.is_none() && path.path.segments.len() == 1 => {
            let ident = &path.path.segments[0].ident;
            is_primitive(ident) || NAMES.iter().any(|name| ident == name)
        }
        Type::Tuple(_) | Type::Reference(_) | Type::Array(_) | Type::Ptr(_) | Type::FnPtr(_) => true,
        _ => false,
    }
}

/// A type of the language that is copied whole.
pub(crate) fn is_primitive(ident: &Ident) -> bool {
    const NAMES: [&str; 16] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
        "f64",
    ];
    NAMES.iter().any(|name| ident == name)
}

/// Replaces each `impl Trait` by `_`, since the type is named inside the body; true if there was one.
pub(crate) fn without_impl_trait(ty: &Type) -> (TokenStream, bool) {
    struct ImplTraits {
        found: bool,
    }
    impl VisitMut for ImplTraits {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = syn::parse_quote!(_);
                self.found = true;
            } else {
                syn::visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    let mut ty = ty.clone();
    let mut impl_traits = ImplTraits { found: false };
    impl_traits.visit_type_mut(&mut ty);
    (ty.to_token_stream(), impl_traits.found)
}
