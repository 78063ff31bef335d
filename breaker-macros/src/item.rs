//! The function under the attribute: its signature whole, its body opaque.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, FnArg, GenericArgument, Ident, PathArguments, Receiver, ReturnType, Signature, Token, Type,
    TypeParamBound, Visibility,
};

use crate::diag::Faults;

/// A function whose body has not been looked into.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse()?;
        if input.peek(Token![;]) {
            return Err(syn::Error::new_spanned(
                &sig.ident,
                "this function has no body: put `#[circuit_breaker]` over its implementation",
            ));
        }
        let TokenTree::Group(body) = input.parse()? else {
            return Err(input.error("expected the body of the function"));
        };
        let (inner, body) = split_inner_attributes(&body)?;
        Ok(Self { attrs: attrs.into_iter().chain(inner).collect(), vis, sig, body })
    }
}

/// `#![…]` at the start of a body belongs to the function: it can't stand in the inner block.
fn split_inner_attributes(body: &Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let parser = |input: ParseStream<'_>| {
        let mut attrs = input.call(Attribute::parse_inner)?;
        for attr in &mut attrs {
            attr.style = syn::AttrStyle::Outer;
        }
        Ok((attrs, input.parse::<TokenStream>()?))
    };
    let (attrs, rest) = syn::parse::Parser::parse2(parser, body.stream())?;
    let mut group = Group::new(Delimiter::Brace, rest);
    group.set_span(body.span());
    Ok((attrs, group))
}

/// How the function gives its result.
pub(crate) enum Shape {
    Async,
    Plain,
    /// `-> impl Future<Output = …>`
    Future,
    /// `-> Pin<Box<dyn Future<Output = …>>>`
    Boxed,
}

impl Function {
    /// What kind of function it is, and the `Result` that it gives in the end.
    pub(crate) fn shape(&self) -> Option<(Shape, Type)> {
        let ReturnType::Type(_, ty) = &self.sig.output else {
            return None;
        };
        if self.sig.asyncness.is_some() {
            return Some((Shape::Async, (**ty).clone()));
        }
        if let Some(output) = impl_future(ty) {
            return Some((Shape::Future, output));
        }
        if let Some(output) = boxed_future(ty) {
            return Some((Shape::Boxed, output));
        }
        Some((Shape::Plain, (**ty).clone()))
    }

    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        match self.sig.inputs.first() {
            Some(FnArg::Receiver(receiver)) => Some(receiver),
            _ => None,
        }
    }

    /// A body that is nothing but `Box::pin(async move { … })`, as `#[async_trait]` writes it: what
    /// stands before the parenthesis, and the block.
    pub(crate) fn boxed_block(&self) -> Option<(TokenStream, Group)> {
        let mut tokens: Vec<TokenTree> = self.body.stream().into_iter().collect();
        let TokenTree::Group(arguments) = tokens.pop()? else {
            return None;
        };
        let is_path = tokens.iter().all(|token| match token {
            TokenTree::Ident(_) => true,
            TokenTree::Punct(punct) => punct.as_char() == ':',
            _ => false,
        });
        let pins = matches!(tokens.last(), Some(TokenTree::Ident(ident)) if ident == "pin");
        if arguments.delimiter() != Delimiter::Parenthesis || !is_path || !pins {
            return None;
        }
        let inner: Vec<TokenTree> = arguments.stream().into_iter().collect();
        match inner.as_slice() {
            [TokenTree::Ident(a), TokenTree::Ident(m), TokenTree::Group(block)]
                if a == "async" && m == "move" && block.delimiter() == Delimiter::Brace =>
            {
                Some((tokens.into_iter().collect(), block.clone()))
            }
            _ => None,
        }
    }
}

fn impl_future(ty: &Type) -> Option<Type> {
    let Type::ImplTrait(opaque) = ungroup(ty) else {
        return None;
    };
    future_output(&opaque.bounds)
}

fn boxed_future(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ungroup(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
        return argument(&last.arguments).cloned();
    }
    if last.ident != "Pin" {
        return None;
    }
    let Type::Path(boxed) = ungroup(argument(&last.arguments)?) else {
        return None;
    };
    let boxed = boxed.path.segments.last().filter(|segment| segment.ident == "Box")?;
    let Type::TraitObject(object) = ungroup(argument(&boxed.arguments)?) else {
        return None;
    };
    future_output(&object.bounds)
}

/// The first argument that is a type.
fn argument(arguments: &PathArguments) -> Option<&Type> {
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
    const NAMES: &[&str] = &[
        "Option", "String", "Vec", "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16",
        "i32", "i64", "i128", "isize", "f32", "f64",
    ];
    match ungroup(ty) {
        Type::Path(path) if path.qself.is_none() && path.path.segments.len() == 1 => {
            NAMES.iter().any(|name| path.path.segments[0].ident == name)
        }
        Type::Tuple(_) | Type::Reference(_) | Type::Array(_) | Type::Ptr(_) | Type::BareFn(_) => true,
        _ => false,
    }
}

/// Replaces each `impl Trait` by `_`, since the type is named inside the body; true if there was one.
pub(crate) fn without_opaque(ty: &Type) -> (TokenStream, bool) {
    struct Opaque(bool);
    impl syn::visit_mut::VisitMut for Opaque {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = Type::Infer(syn::TypeInfer { underscore_token: syn::token::Underscore::default() });
                self.0 = true;
            } else {
                syn::visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    let mut ty = ty.clone();
    let mut opaque = Opaque(false);
    syn::visit_mut::VisitMut::visit_type_mut(&mut opaque, &mut ty);
    (ty.to_token_stream(), opaque.0)
}

/// What is wrong with an item that is not a function, or not one that can be protected.
pub(crate) fn explain(item: &TokenStream, error: &syn::Error, faults: &mut Faults) {
    let mut keyword: Option<(Ident, &str)> = None;
    for token in item.clone() {
        let TokenTree::Ident(ident) = token else {
            continue;
        };
        let advice = match ident.to_string().as_str() {
            "impl" => "put it over each method of the block that calls the service",
            "struct" | "enum" | "union" | "type" | "static" | "const" if keyword.is_none() => {
                "put it over the function that calls the service"
            }
            "mod" => "put it over each function of the module that calls the service",
            "trait" => "put it over the methods of the implementation",
            "fn" => break,
            _ => continue,
        };
        keyword = Some((ident, advice));
        break;
    }
    match keyword {
        Some((ident, advice)) => {
            faults.on(&ident, format_args!("`#[circuit_breaker]` protects a function, not `{ident}`: {advice}"));
        }
        None => faults.take(error.clone()),
    }
}

/// The whole item as it would be without the attribute.
pub(crate) fn unchanged(function: &Function) -> TokenStream {
    let Function { attrs, vis, sig, body } = function;
    quote!(#(#attrs)* #vis #sig #body)
}
