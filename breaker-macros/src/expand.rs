//! Generates tokens from the model. The comment above each generator shows its input and output.
//!
//! Generated locals have the hygiene of the definition site, so they can't collide with the user's names.

mod call;
mod captures;
mod closure;
mod conditions;
mod context;
mod fallback;
mod shared;
mod signature;
mod tracked;
mod verdict;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Lifetime, ReturnType};

use crate::function::Shape;
use crate::model::Model;
use crate::site;
use crate::spans::{first_span, hygienic_at, hygienic_ident};
use crate::tracked::Place;
use context::Context;

/// ```text
/// Input:   #[circuit_breaker(service = "s3")] pub async fn get(key: &str) -> R { body }
/// Output:  pub async fn get(key: &str) -> R { static __BREAKER_SITE: …; submit!(…); protected }
/// ```
/// With `breaker = expr` there is no site: `{ let own: &CircuitBreaker = expr; protected }`.
pub(crate) fn expand(model: &Model<'_>) -> TokenStream {
    let function = model.function;
    let (attrs, vis) = (&function.attrs, &function.vis);
    let context = Context::new(model);
    let sig = signature::adapted(&context);
    let site = match model.breaker {
        None => site::declaration(model.args, &model.shape, &context.private(Span::mixed_site())),
        Some(_) => TokenStream::new(),
    };
    let own = own_breaker(&context);
    let block = match &model.shape {
        Shape::Async | Shape::Plain => {
            let protected = protected(&context, &function.body);
            quote!(#own #protected)
        }
        Shape::Future | Shape::BoxedFuture => {
            let eager = eager(&context);
            quote!(#own #eager)
        }
        // Reuses the user's `Box::pin`, so that there is no second allocation.
        Shape::BoxedBlock { pin, block } => {
            let inside = protected(&context, block);
            quote!(return #pin(async move { #own #inside });)
        }
    };
    let absent = conditions::absent(&context);
    let tracked = model.tracked.map(|place| tracked::declaration(&context, place));
    let (beside, inside) = match model.tracked {
        Some(Place::Beside) => (tracked, None),
        Some(Place::Inside) => (None, tracked),
        None => (None, Some(shared::changed_by_closure(&context))),
    };
    // The span of the user's braces: with a generated one, the function would count as a macro's, and `dead_code` would
    // ignore it.
    let mut body = Group::new(Delimiter::Brace, quote!(#site #inside #absent #block));
    body.set_span(function.body.span());
    quote!(#(#attrs)* #vis #sig #body #beside)
}

/// ```text
/// Input:   breaker = expr
/// Output:  let own: &CircuitBreaker = expr;
/// ```
/// The `let` extends the lifetime of a temporary that the expression borrows, and coerces types that deref to a breaker.
fn own_breaker(context: &Context<'_>) -> Option<TokenStream> {
    let breaker = context.model.breaker?;
    let at = first_span(breaker);
    let (private, own) = (context.private(at), hygienic_ident("own"));
    Some(quote_spanned!(hygienic_at(at)=> let #own: &#private::CircuitBreaker = #breaker;))
}

/// ```text
/// Input:   body
/// Output:  <R as Protect<_, _>>::finish(run, Convert)
/// ```
/// If the fallback takes parameters by value, admission comes first: a rejected call moves them to the fallback, an admitted
/// call clones them.
/// ```text
/// Output:  <R as Protect<_, _>>::finish('call: {
///              let permit = match admit(&SITE) {
///                  Ok(permit) => permit,
///                  Err(rejection) => break 'call (Ended::Rejected(rejection), (b,)),
///              };
///              let kept = (keep(&b),);
///              (run, kept)
///          }, Convert)
/// ```
/// The `match` is a separate statement, so that its scrutinee is not kept in the future.
fn protected(context: &Context<'_>, body: &Group) -> TokenStream {
    let (permit, rejection, kept) = (hygienic_ident("permit"), hygienic_ident("rejection"), hygienic_ident("kept"));
    let reborrows = shared::reborrows(context);
    let originals = shared::cloned(context, |parameter| &parameter.name);
    if originals.is_empty() {
        let run = call::run(context, None, body);
        let run = if reborrows.is_empty() { run } else { quote!({ #reborrows #run }) };
        return finished(context, &run, false);
    }
    let (private, source) = (context.private(Span::mixed_site()), context.source());
    let run = call::run(context, Some(&permit), body);
    let label = Lifetime::new("'__breaker_call", Span::mixed_site());
    let (clones, allow) = (shared::clones(context), shared::allow_underscores(context));
    let call = quote! {
        #label: {
            let #permit = match #private::admit(#source) {
                ::core::result::Result::Ok(#permit) => #permit,
                #allow
                ::core::result::Result::Err(#rejection) => {
                    break #label (#private::Ended::Rejected(#rejection), (#(#originals,)*))
                }
            };
            #allow
            let #kept = (#(#clones,)*);
            let __breaker_ended = { #reborrows #run };
            (__breaker_ended, #kept)
        }
    };
    finished(context, &call, true)
}

/// ```text
/// Input:   body that gives a future
/// Output:  let kept = keep(&b); let future = eager(move || body);
///          async move { … Run::asking(&SITE, future).await … }
/// ```
fn eager(context: &Context<'_>) -> TokenStream {
    let model = context.model;
    let private = context.private(Span::mixed_site());
    let future = Ident::new("__breaker_future", hygienic_at(context.result_span));
    let body = &model.function.body;
    let is_boxed = matches!(model.shape, Shape::BoxedFuture);
    let body = call::capturing(context, body);
    let body = match (&model.function.sig.output, model.tracked) {
        (_, Some(place)) => tracked::call(context, place),
        (ReturnType::Type(arrow, ty), None) if is_boxed => quote!(#private::eager(move || #arrow #ty #body)),
        (_, None) => quote!(#private::eager(move || #body)),
    };
    // If the future has another type, the error is shown at the return type.
    let run = call::run_future(context, None, &future.to_token_stream(), context.result_span);
    let finished = finished(context, &run, false);
    let wrapped = quote!(async move { #finished });
    let wrapped = if is_boxed { quote!(#private::Box::pin(#wrapped)) } else { wrapped };
    let allow_call = model.tracked.and_then(|_| tracked::allow(context));
    // The body takes the parameters, so the clones for the fallback are kept under another name.
    let kept = hygienic_ident("kept");
    let Some(bind) = shared::bound_clones(context, &kept) else {
        return quote!(#allow_call let #future = #body; return #wrapped;);
    };
    let clones = shared::clones(context);
    let allow = shared::allow_underscores(context);
    quote! {
        #allow
        let #kept = (#(#clones,)*);
        #allow_call
        let #future = #body;
        #bind
        return #wrapped;
    }
}

/// Generates the call with verdict and fallback. It ends in a `return`, because some crates enable `clippy::implicit_return`.
///
/// `with_clones` is whether `call` also returns the fallback's parameters.
fn finished(context: &Context<'_>, call: &TokenStream, with_clones: bool) -> TokenStream {
    match &context.model.fallback {
        None => {
            let dispatched = verdict::dispatched(context, "finish", call);
            quote!(return #dispatched;)
        }
        Some(fallback) => fallback::finished(context, fallback, call, with_clones),
    }
}
