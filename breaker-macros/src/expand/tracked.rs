//! Generates the function that holds the body if the annotated function has `#[track_caller]`: see `crate::tracked`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, GenericParam, Meta, Pat, parse_quote};

use super::context::Context;
use super::shared;
use crate::names;
use crate::parameters::PassMode;
use crate::spans::hygienic_ident;
use crate::tracked::Place;

/// ```text
/// Input:   #[track_caller] fn get(mut a: A) -> R { body }
/// Output:  #[track_caller] fn __breaker_body(mut a: A) -> R { body }
/// ```
/// If it stands beside the annotated function, its name contains that function's name, and it repeats the function's lint
/// and `cfg` attributes, which would not apply to it otherwise.
pub(super) fn declaration(context: &Context<'_>, place: Place) -> TokenStream {
    let function = context.model.function;
    let mut sig = function.sig.clone();
    sig.ident = name(context, place);
    let inherited = || function.attrs.iter().filter_map(of_both);
    let attrs: Vec<Attribute> = if place == Place::Beside { inherited().collect() } else { Vec::new() };
    let (body, mut used) = (&function.body, shared::changed_by_closure(context));
    used.extend(used_by_breaker(context));
    let body = if used.is_empty() { quote!(#body) } else { quote!({ #used #body }) };
    // It returns a `Result` because the attribute needs one.
    quote!(#(#attrs)* #[track_caller] #[allow(clippy::unnecessary_wraps)] #sig #body)
}

/// Generates a use of each parameter that `breaker` names, since the body may not use it.
fn used_by_breaker(context: &Context<'_>) -> TokenStream {
    let Some(breaker) = context.model.breaker else { return TokenStream::new() };
    let words = names::words(breaker.to_token_stream());
    let is_named = |name: &Ident| words.contains(&names::plain(name)) && name != "self";
    names(context).filter(is_named).map(|name| shared::used(&name, false)).collect()
}

/// Returns the attribute if it applies to both functions: lint levels and `cfg`. `expect` becomes `allow`, since it is unknown
/// which of the two functions fulfils the expectation.
fn of_both(attr: &Attribute) -> Option<Attribute> {
    let is = |names: &[&str]| names.iter().any(|name| attr.path().is_ident(name));
    match &attr.meta {
        Meta::List(list) if is(&["expect"]) => {
            let lints = &list.tokens;
            Some(parse_quote!(#[allow(#lints)]))
        }
        _ => is(&["allow", "warn", "deny", "forbid", "cfg", "cfg_attr"]).then(|| attr.clone()),
    }
}

fn name(context: &Context<'_>, place: Place) -> Ident {
    match place {
        Place::Inside => hygienic_ident("body"),
        Place::Beside => {
            format_ident!("__breaker_{}", context.model.function.sig.ident.unraw(), span = Span::mixed_site())
        }
    }
}

/// ```text
/// Input:   fn get<T>(a: A, t: T)     Output:  __breaker_body::<T>(a, t)
/// Input:   pub fn get(&self)         Output:  Self::__breaker_get(self)
/// ```
pub(super) fn call(context: &Context<'_>, place: Place) -> TokenStream {
    let sig = &context.model.function.sig;
    let generics: Vec<&Ident> = sig.generics.params.iter().filter_map(not_a_lifetime).collect();
    let turbofish = (!generics.is_empty()).then(|| quote!(::<#(#generics),*>));
    let arguments = names(context).map(|name| argument(context, name));
    let of = (place == Place::Beside).then(|| quote!(Self::));
    let name = name(context, place);
    quote!(#of #name #turbofish (#(#arguments),*))
}

/// Lifetimes are left out of the turbofish: late-bound ones can't be given, and all are inferred.
fn not_a_lifetime(param: &GenericParam) -> Option<&Ident> {
    match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    }
}

/// Allows the use of underscored names, since the call names all parameters.
pub(super) fn allow(context: &Context<'_>) -> Option<TokenStream> {
    shared::allow_underscored(names(context).collect::<Vec<_>>().iter())
}

/// Returns the names of the parameters, each of which is a plain name.
fn names<'a>(context: &Context<'a>) -> impl Iterator<Item = Ident> + use<'a> {
    context.model.function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Receiver(receiver) => Some(Ident::new("self", receiver.self_token.span)),
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) => Some(pattern.ident.clone()),
            _ => None,
        },
    })
}

/// Returns the parameter's name, or that of its reborrow.
fn argument(context: &Context<'_>, name: Ident) -> TokenStream {
    let reborrowed = shared::with_mode(context, PassMode::Reborrowed).find(|parameter| parameter.name == name);
    reborrowed.map_or(name, |parameter| parameter.alias.clone()).to_token_stream()
}

/// ```text
/// Input:   call
/// Output:  match Running::new(permit) { Ok(running) => { let result = call; running.end(result) } Err(ended) => ended }
/// ```
/// If there is no permit yet:
/// ```text
/// Output:  match admit(&SITE) { Ok(permit) => { … }, Err(rejection) => Ended::Rejected(rejection) }
/// ```
/// The call must not be inside a closure, in which `#[track_caller]` would not see the caller.
pub(super) fn run(context: &Context<'_>, permit: Option<&Ident>, place: Place) -> TokenStream {
    let (private, source) = (context.private(Span::mixed_site()), context.source());
    let (running, result) = (hygienic_ident("running"), hygienic_ident("result"));
    let asked = hygienic_ident("permit");
    let held = permit.unwrap_or(&asked);
    let call = call(context, place);
    let allow = allow(context);
    let ended = hygienic_ident("ended");
    let run = quote! {
        match #private::Running::new(#held) {
            ::core::result::Result::Ok(#running) => {
                #allow
                let #result = #call;
                #running.end(#result)
            }
            ::core::result::Result::Err(#ended) => #ended,
        }
    };
    if permit.is_some() {
        return run;
    }
    let rejection = hygienic_ident("rejection");
    quote! {
        match #private::admit(#source) {
            ::core::result::Result::Ok(#asked) => #run,
            ::core::result::Result::Err(#rejection) => #private::Ended::Rejected(#rejection),
        }
    }
}
