//! Parses the annotated function: the whole signature, and the body as opaque tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, PatType, Receiver, ReturnType, Signature, Token, Type, Visibility};

use crate::return_type;

/// A function with an unparsed body.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The body. If the function has none, a body that never ends.
    pub(crate) body: Group,
    pub(crate) has_body: bool,
}

/// How the function returns its result.
pub(crate) enum Shape {
    Async,
    Plain,
    /// `-> impl Future<Output = …>`
    Future,
    /// `-> Pin<Box<dyn Future<Output = …>>>`
    BoxedFuture,
    /// `-> Pin<Box<dyn Future<Output = …>>>` with a body of only `Box::pin(async move { … })`, as `#[async_trait]` writes it.
    BoxedBlock {
        /// The path before the parenthesis, such as `Box::pin`.
        pin: TokenStream,
        block: Group,
    },
}

impl Shape {
    pub(crate) fn is_async(&self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// Whether the body runs when the function is called, and returns a future.
    pub(crate) fn is_eager(&self) -> bool {
        matches!(self, Self::Future | Self::BoxedFuture)
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse()?;
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            return Ok(Self { attrs, vis, body: endless(&sig), sig, has_body: false });
        }
        if input.peek(Token![=]) && !input.peek(Token![=>]) {
            let body = expression_body(input)?;
            return Ok(Self { attrs, vis, sig, body, has_body: true });
        }
        let TokenTree::Group(body) = input.parse()? else {
            return Err(input.error("expected the body of the function"));
        };
        let (inner, body) = split_inner_attributes(&visible(body))?;
        Ok(Self { attrs: attrs.into_iter().chain(inner).collect(), vis, sig, body, has_body: true })
    }
}

/// Returns a body for a function without one, so that the compiler does not report the missing body a second time.
fn endless(sig: &Signature) -> Group {
    let is_opaque = matches!(&sig.output, ReturnType::Type(_, ty) if return_type::output_of_impl_future(ty).is_some());
    let body = if is_opaque { quote!(::core::future::pending()) } else { quote!(loop {}) };
    Group::new(Delimiter::Brace, body)
}

/// Parses `= expression;` in place of a body: the compiler has already reported it, and uses the expression as the body.
fn expression_body(input: ParseStream<'_>) -> syn::Result<Group> {
    input.parse::<Token![=]>()?;
    let mut body = Vec::new();
    while !input.is_empty() && !input.peek(Token![;]) {
        body.push(input.parse::<TokenTree>()?);
    }
    input.parse::<Option<Token![;]>>()?;
    match &body[..] {
        [TokenTree::Group(block)] if block.delimiter() == Delimiter::Brace => Ok(block.clone()),
        _ => Ok(Group::new(Delimiter::Brace, body.into_iter().collect())),
    }
}

/// Unwraps the invisible group around a body that a `macro_rules!` passed as `$body:block`.
fn visible(body: Group) -> Group {
    let mut tokens = body.stream().into_iter();
    match (body.delimiter(), tokens.next(), tokens.next()) {
        (Delimiter::None, Some(TokenTree::Group(inner)), None) => visible(inner),
        _ => body,
    }
}

/// Splits `#![…]` at the start of a body from the rest: such attributes belong to the function and can't stand in the
/// generated inner block.
fn split_inner_attributes(body: &Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let parser = |input: ParseStream<'_>| {
        let mut attrs = input.call(Attribute::parse_inner)?;
        for attr in &mut attrs {
            attr.style = syn::AttrStyle::Outer;
        }
        Ok((attrs, input.parse::<TokenStream>()?))
    };
    let (attrs, rest) = syn::parse::Parser::parse2(parser, body.stream())?;
    if attrs.is_empty() {
        // The user's own group is kept: a new one has no span for each brace, which the compiler needs to show what is
        // missing before it.
        return Ok((attrs, body.clone()));
    }
    let mut group = Group::new(Delimiter::Brace, rest);
    group.set_span(body.span());
    Ok((attrs, group))
}

impl Function {
    /// Returns the shape and the type of the final result; `None` if the function has no return type.
    pub(crate) fn shape(&self) -> Option<(Shape, Type)> {
        let ReturnType::Type(_, ty) = &self.sig.output else {
            return None;
        };
        if self.sig.asyncness.is_some() {
            return Some((Shape::Async, (**ty).clone()));
        }
        if let Some(output) = return_type::output_of_impl_future(ty) {
            return Some((Shape::Future, output));
        }
        if let Some(output) = return_type::output_of_boxed_future(ty) {
            let shape = self.boxed_block().map_or(Shape::BoxedFuture, |(pin, block)| Shape::BoxedBlock { pin, block });
            return Some((shape, output));
        }
        Some((Shape::Plain, (**ty).clone()))
    }

    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        match self.sig.inputs.first() {
            Some(FnArg::Receiver(receiver)) => Some(receiver),
            _ => None,
        }
    }

    /// Returns the parameters without the receiver.
    pub(crate) fn typed_parameters(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        })
    }

    /// Splits a body of only `Box::pin(async move { … })` into the path before the parenthesis and the block.
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

    /// Returns the item as the user wrote it, with another body.
    pub(crate) fn unchanged(&self, body: &Group) -> TokenStream {
        let Self { attrs, vis, sig, has_body, .. } = self;
        let allow = (!has_body).then(|| quote!(#[allow(unused_variables)]));
        quote!(#(#attrs)* #allow #vis #sig #body)
    }
}
