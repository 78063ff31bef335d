//! The annotated function: its signature whole, its body opaque.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, PatType, Receiver, ReturnType, Signature, Token, Type, Visibility};

use crate::return_type;

/// A function whose body has not been looked into.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// One that never ends, if there is none.
    pub(crate) body: Group,
    pub(crate) has_body: bool,
}

/// How the function gives its result.
pub(crate) enum Shape {
    Async,
    Plain,
    /// `-> impl Future<Output = …>`
    Future,
    /// `-> Pin<Box<dyn Future<Output = …>>>`
    BoxedFuture,
    /// The same, and the body is nothing but `Box::pin(async move { … })`, as `#[async_trait]` writes it.
    BoxedBlock {
        /// What stands before the parenthesis.
        pin: TokenStream,
        block: Group,
    },
}

impl Shape {
    pub(crate) fn is_async(&self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// Whether the body runs when the function is called, and only what it gives is a future.
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

/// For a function without a body: where one is due, the compiler would miss it, too.
fn endless(sig: &Signature) -> Group {
    let is_opaque = matches!(&sig.output, ReturnType::Type(_, ty) if return_type::output_of_impl_future(ty).is_some());
    let body = if is_opaque { quote!(::core::future::pending()) } else { quote!(loop {}) };
    Group::new(Delimiter::Brace, body)
}

/// `= expression;` in place of a body: the compiler has said that already, and takes the expression for the body.
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

/// A body that came through `$body:block` of a `macro_rules!` stands in an invisible group.
fn visible(body: Group) -> Group {
    let mut tokens = body.stream().into_iter();
    match (body.delimiter(), tokens.next(), tokens.next()) {
        (Delimiter::None, Some(TokenTree::Group(inner)), None) => visible(inner),
        _ => body,
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
    if attrs.is_empty() {
        // The user's own group: one that we make has no place for each of its braces, where the compiler shows what is
        // missing before them.
        return Ok((attrs, body.clone()));
    }
    let mut group = Group::new(Delimiter::Brace, rest);
    group.set_span(body.span());
    Ok((attrs, group))
}

impl Function {
    /// Its shape, and the `Result` that it gives in the end; nothing if it returns nothing.
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

    /// The parameters without the receiver.
    pub(crate) fn typed_parameters(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        })
    }

    /// A body that is nothing but `Box::pin(async move { … })`: what stands before the parenthesis, and the block.
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

    /// The whole item as it would be without the attribute, but for its body.
    pub(crate) fn unchanged(&self, body: &Group) -> TokenStream {
        let Self { attrs, vis, sig, has_body, .. } = self;
        let allow = (!has_body).then(|| quote!(#[allow(unused_variables)]));
        quote!(#(#attrs)* #allow #vis #sig #body)
    }
}
