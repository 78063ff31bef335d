//! The fallback after the call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ExprClosure, ExprPath};

use super::context::Context;
use super::{shared, verdict};
use crate::fallback::Fallback;
use crate::parameters::PassMode;
use crate::self_alias::rename_self;
use crate::spans::{first_span, hygienic_at, hygienic_ident};

/// ```text
/// Input:   ended
/// Output:  match <R as Protect<_, _>>::split(ended, Convert) {
///              Next::Return(value) => value,
///              Next::Fallback(error) => FallbackRun::new(&SITE).answer::<R, _, _>(path(a, b, error)).await,
///          }
/// ```
/// Where the call gives clones of parameters, they are bound first: `let (ended, kept) = ended; let (b,) = kept;`.
pub(super) fn finished(
    context: &Context<'_>,
    fallback: &Fallback<'_>,
    call: &TokenStream,
    with_clones: bool,
) -> TokenStream {
    let private = context.private(Span::mixed_site());
    let (ended, kept) = (hygienic_ident("ended"), hygienic_ident("kept"));
    let (value, error) = (hygienic_ident("value"), hygienic_ident("error"));
    let clones = shared::bound_clones(context).filter(|_| with_clones);
    let (bind, call) = match clones {
        Some(bind) => (quote!(let (#ended, #kept) = #call; #bind = #kept;), quote!(#ended)),
        None => (TokenStream::new(), call.clone()),
    };
    let split = verdict::dispatched(context, "split", &call);
    let (at, answer) = match fallback {
        Fallback::Path { path, .. } => (first_span(path), call_of_path(context, path, &error)),
        Fallback::Closure(closure) => (first_span(closure), call_of_closure(context, closure, &error)),
    };
    let answer = counted(context, at, &answer);
    let rebound = shared::mutable_again(context);
    let answer = if rebound.is_empty() { answer } else { quote!({ #rebound #answer }) };
    let allow = shared::allow_underscores(context);
    quote! {
        #bind
        match #split {
            #private::Next::Return(#value) => #value,
            #allow
            #private::Next::Fallback(#error) => #answer,
        }
    }
}

/// ```text
/// Input:   fallback = path           Output:  path(a, b, error)
/// ```
fn call_of_path(context: &Context<'_>, path: &ExprPath, error: &Ident) -> TokenStream {
    let arguments = context.model.parameters.iter().map(|parameter| match parameter.mode {
        PassMode::Cloned => &parameter.alias,
        PassMode::Shared | PassMode::Reborrowed => &parameter.name,
    });
    let at = first_span(path);
    let error = Ident::new(&error.to_string(), error.span().located_at(at));
    quote_spanned!(hygienic_at(at)=> #path(#(#arguments,)* #error))
}

/// ```text
/// Input:   fallback = |e| …          Output:  apply(|e| …, error)
/// ```
fn call_of_closure(context: &Context<'_>, closure: &ExprClosure, error: &Ident) -> TokenStream {
    let at = first_span(closure);
    let private = context.private(at);
    let closure = closure.to_token_stream();
    let closure = if shared::self_is(context, PassMode::Cloned) { rename_self(closure) } else { closure };
    quote_spanned!(hygienic_at(at)=> #private::apply(#closure, #error))
}

/// ```text
/// Input:   call of the fallback      Output:  FallbackRun::new(&SITE).answer::<R, _, _>(call).await
/// Input:   a plain function          Output:  { let run = FallbackRun::new(&SITE); let value: R = call; run.end(value) }
/// ```
/// The run comes first, so that it sees a panic of the fallback. A type in a `let` has the shortest error.
fn counted(context: &Context<'_>, at: Span, call: &TokenStream) -> TokenStream {
    let result = &context.model.result;
    if context.model.shape.is_async() {
        let private = context.private(at);
        return quote_spanned!(hygienic_at(at)=> #private::FallbackRun::new(&__BREAKER_SITE).answer::<#result, _, _>(#call).await);
    }
    let private = context.private(Span::mixed_site());
    let (run, value) = (hygienic_ident("run"), hygienic_ident("value"));
    quote!({
        let #run = #private::FallbackRun::new(&__BREAKER_SITE);
        let #value: #result = #call;
        #run.end(#value)
    })
}
