//! Reads return types by their tokens: the output of a future, types that are not a `Result`, `impl Trait`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, Type, TypeParamBound, parse_quote};

/// Returns the output of `impl Future<Output = …>`.
pub(crate) fn output_of_impl_future(ty: &Type) -> Option<Type> {
    let Type::ImplTrait(opaque) = ungroup(ty) else {
        return None;
    };
    future_output(&opaque.bounds)
}

/// Returns the output of `Pin<Box<dyn Future<Output = …>>>`, or of its aliases in the crate `futures`.
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

/// Returns the first argument that is a type.
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

/// Removes parentheses and the invisible group around a type that a `macro_rules!` passed as `$ty:ty`.
pub(crate) fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// Whether the tokens alone show that a type is not a `Result`. Of other types, only the compiler knows.
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

/// Whether the name is a primitive type.
pub(crate) fn is_primitive(ident: &Ident) -> bool {
    const NAMES: [&str; 16] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
        "f64",
    ];
    NAMES.iter().any(|name| ident == name)
}

/// Replaces each `impl Trait` with `_`, because the type is named inside the body. Also returns whether there was one.
pub(crate) fn without_impl_trait(ty: &Type) -> (TokenStream, bool) {
    let mut ty = ty.clone();
    let found = infer_impl_traits(&mut ty);
    (ty.to_token_stream(), found)
}

/// Written by hand, because syn's visitor is slow to compile: it has a function for each node type.
fn infer_impl_traits(ty: &mut Type) -> bool {
    match ty {
        Type::ImplTrait(_) => {
            *ty = parse_quote!(_);
            true
        }
        Type::Array(array) => infer_impl_traits(&mut array.elem),
        Type::Group(group) => infer_impl_traits(&mut group.elem),
        Type::Paren(paren) => infer_impl_traits(&mut paren.elem),
        Type::Ptr(pointer) => infer_impl_traits(&mut pointer.elem),
        Type::Reference(reference) => infer_impl_traits(&mut reference.elem),
        Type::Slice(slice) => infer_impl_traits(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().fold(false, |found, ty| infer_impl_traits(ty) | found),
        Type::Path(path) => infer_in_arguments(&mut path.path),
        Type::TraitObject(object) => object.bounds.iter_mut().fold(false, |found, bound| match bound {
            TypeParamBound::Trait(bound) => infer_in_arguments(&mut bound.path) | found,
            _ => found,
        }),
        _ => false,
    }
}

fn infer_in_arguments(path: &mut Path) -> bool {
    let lists = path.segments.iter_mut().filter_map(|segment| match &mut segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&mut arguments.args),
        _ => None,
    });
    lists.flatten().fold(false, |found, argument| match argument {
        GenericArgument::Type(ty) => infer_impl_traits(ty) | found,
        GenericArgument::AssocType(assoc) => infer_impl_traits(&mut assoc.ty) | found,
        _ => found,
    })
}
