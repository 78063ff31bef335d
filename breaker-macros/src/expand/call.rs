//! Generates the protected call of the user's body.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use super::captures;
use super::context::Context;
use super::{shared, tracked};
use crate::function::Shape;
use crate::parameters::PassMode;
use crate::self_alias::rename_self;
use crate::spans::hygienic_at;
use crate::value::{Setting, Value};

/// ```text
/// Input:   body
/// Output:  async:  Run::<_>::asking(&SITE, async move { body }).await
///          plain:  ask_and_call(&SITE, move || -> R { body })
///          if there is a permit already: Run::<_>::new(permit, …), call(permit, …)
/// ```
pub(super) fn run(context: &Context<'_>, permit: Option<&Ident>, body: &Group) -> TokenStream {
    let private = context.private(Span::mixed_site());
    let result = &context.model.result;
    if let (Some(place), Shape::Plain) = (context.model.tracked, &context.model.shape) {
        return tracked::run(context, permit, place);
    }
    if !context.model.shape.is_async() {
        let body = with_alias(context, capturing(context, body));
        return if let Some(permit) = permit {
            quote!(#private::call(#permit, move || -> #result #body))
        } else {
            let source = context.source();
            quote!(#private::ask_and_call(#source, move || -> #result #body))
        };
    }
    let captures = captures::whole(context, body).map(|captures| with_alias(context, captures));
    let body = without_user_braces(with_alias(context, body.to_token_stream()));
    let typed = shared::typed(context);
    let future = quote!(async move { #typed #captures #body });
    run_future(context, permit, &future, Span::mixed_site())
}

/// Replaces `self` with its alias if it is reborrowed.
fn with_alias(context: &Context<'_>, body: TokenStream) -> TokenStream {
    if shared::self_is(context, PassMode::Reborrowed) { rename_self(body) } else { body }
}

/// ```text
/// Input:   { body }
/// Output:  { body }, or { captures { body } }
/// ```
pub(super) fn capturing(context: &Context<'_>, body: &Group) -> TokenStream {
    let Some(captures) = captures::whole(context, body) else {
        return body.to_token_stream();
    };
    let body = without_user_braces(body.to_token_stream());
    quote!({ #captures #body })
}

/// ```text
/// Input:   future
/// Output:  Run::<_>::asking(&SITE, future).await, or Run::<_>::new(permit, future).await
/// ```
pub(super) fn run_future(context: &Context<'_>, permit: Option<&Ident>, future: &TokenStream, at: Span) -> TokenStream {
    let private = context.private(at);
    let run = run_type(context, &private, at);
    if let Some(permit) = permit {
        quote_spanned!(hygienic_at(at)=> #run::new(#permit, #future).await)
    } else {
        let source = context.source();
        quote_spanned!(hygienic_at(at)=> #run::asking(#source, #future).await)
    }
}

/// ```text
/// Input:   request_timeout = "2s"
/// Output:  Run::<_, Within<2000000000>>; without a timeout: Run::<_>
/// ```
fn run_type(context: &Context<'_>, private: &TokenStream, at: Span) -> TokenStream {
    let timeout = context.model.args.get("request_timeout").and_then(|arg| match &arg.value {
        Value::Setting(Setting::Duration(timeout)) => Some(u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX)),
        Value::Setting(Setting::Off) => Some(u64::MAX),
        _ => None,
    });
    let at = hygienic_at(at);
    let own = timeout.map(|nanos| quote_spanned!(at=> , #private::Within<#nanos>));
    quote_spanned!(at=> #private::Run::<_ #own>)
}

/// Replaces the braces of a body that is one expression. The body becomes a block inside another block, and with the user's
/// own braces the lint `unused_braces` would fire. The location of the braces and the tokens inside are kept.
///
/// A body that ends in the middle of an expression keeps its braces: the compiler points to the last one.
fn without_user_braces(body: TokenStream) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Group(group) if is_one_expression(&group.stream()) => {
            let mut fresh = Group::new(group.delimiter(), group.stream());
            fresh.set_span(Span::call_site().located_at(group.span()));
            TokenTree::Group(fresh)
        }
        other => other,
    };
    body.into_iter().map(replace).collect()
}

fn is_one_expression(body: &TokenStream) -> bool {
    let is_semicolon = |token: TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    let ends = match body.clone().into_iter().last() {
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '?' | '>'),
        _ => true,
    };
    ends && !body.clone().into_iter().any(is_semicolon)
}
