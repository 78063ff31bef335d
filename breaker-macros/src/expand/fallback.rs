//! Generates the fallback after the call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ExprPath;

use super::context::Context;
use super::{closure, conditions, shared, verdict};
use crate::fallback::Fallback;
use crate::parameters::{Parameter, PassMode};
use crate::spans::{first_span, hygienic_at, hygienic_ident};

/// ```text
/// Input:   ended
/// Output:  match <R as Protect<_, _>>::split(ended, Convert) {
///              Next::Return(value) => value,
///              Next::Fallback(error) => { let (run, error) = …; run.answer::<R, _, _, _>(path(a, b, error)).await }
///          }
/// ```
/// If the call also returns clones of parameters, they are bound first: `let (ended, kept) = ended; let (b,) = kept;`.
pub(super) fn finished(
    context: &Context<'_>,
    fallback: &Fallback<'_>,
    call: &TokenStream,
    with_clones: bool,
) -> TokenStream {
    let private = context.private(Span::mixed_site());
    let (ended, kept) = (hygienic_ident("ended"), hygienic_ident("kept"));
    let (value, error) = (hygienic_ident("value"), hygienic_ident("error"));
    let clones = shared::bound_clones(context, &kept).filter(|_| with_clones);
    let (bind, call) = match clones {
        Some(bind) => (quote!(let (#ended, #kept) = #call; #bind), quote!(#ended)),
        None => (TokenStream::new(), call.clone()),
    };
    let split = verdict::dispatched(context, "split", &call);
    let (allow, again) = (shared::allow_underscores(context), shared::mutable_again(context));
    let arm = |condition: Option<TokenStream>, at: Span, answer: &TokenStream| {
        let answer = counted(context, at, &error, answer);
        let answer = if again.is_empty() { answer } else { quote!({ #again #answer }) };
        quote!(#condition #allow #private::Next::Fallback(#error) => #answer,)
    };
    let arms: TokenStream = match fallback {
        Fallback::Closure(closure) => arm(None, first_span(closure), &closure::call(context, closure, &error)),
        Fallback::Path { path, .. } => {
            let of_choice = |(condition, parameters): (_, Vec<&Parameter>)| {
                arm(condition, first_span(path), &call_of_path(path, &parameters, &error))
            };
            conditions::choices(context).into_iter().map(of_choice).collect()
        }
    };
    quote! {
        #bind
        return match #split {
            #private::Next::Return(#value) => #value,
            #arms
        };
    }
}

/// ```text
/// Input:   fallback = path           Output:  path(a, b, error)
/// ```
fn call_of_path(path: &ExprPath, parameters: &[&Parameter], error: &Ident) -> TokenStream {
    let arguments = parameters.iter().map(|parameter| match parameter.mode {
        PassMode::Cloned => &parameter.alias,
        PassMode::Shared | PassMode::Reborrowed => &parameter.name,
    });
    let at = first_span(path);
    let error = Ident::new(&error.to_string(), error.span().located_at(at));
    quote_spanned!(hygienic_at(at)=> #path(#(#arguments,)* #error))
}

/// ```text
/// Input:   call of the fallback      Output:  {
///                                        let (run, error) = FallbackRun::new(&SITE, error, errors_of::<R>().as_debug());
///                                        run.answer::<R, _, _, _>(call).await
///                                    }
/// Input:   a plain function          Output:  { let (run, error) = …; let value: R = call; run.end(value) }
/// ```
/// `run` is created first, so that it counts a panic of the fallback. A type in a `let` gives the shortest error.
fn counted(context: &Context<'_>, at: Span, error: &Ident, call: &TokenStream) -> TokenStream {
    let (result, source) = (&context.model.result, context.source());
    let private = context.private(Span::mixed_site());
    let (run, value) = (hygienic_ident("run"), hygienic_ident("value"));
    let answer = if context.model.shape.is_async() {
        quote_spanned!(hygienic_at(at)=> #run.answer::<#result, _, _, _>(#call).await)
    } else {
        quote!(let #value: #result = #call; #run.end(#value))
    };
    quote!({
        let (#run, #error) = #private::FallbackRun::new(#source, #error, #private::errors_of::<#result>().as_debug());
        #answer
    })
}
