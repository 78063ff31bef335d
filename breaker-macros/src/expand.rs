//! The model to tokens. Every generator has its Input and Output drawn above it.
//!
//! Locals of ours have the hygiene of the definition site: no name of the user can meet them.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ReturnType;

use crate::item::Shape;
use crate::model::{Fallback, Judge, Model, Refusal, own, placed, span_of};
use crate::params::{self, Parameter, Pass};
use crate::settings;

/// ```text
/// Input:   #[circuit_breaker(service = "s3")] pub async fn get(key: &str) -> R { body }
/// Output:  pub async fn get(key: &str) -> R { static __BREAKER_SITE: …; submit!(…); protected }
/// ```
pub(crate) fn expand(model: &Model<'_>) -> TokenStream {
    let function = model.function;
    let (attrs, vis, sig) = (&function.attrs, &function.vis, &function.sig);
    let generator = Generator::new(model);
    let site = settings::site(model, &generator.private(Span::mixed_site()));
    let block = match &model.shape {
        Shape::Async | Shape::Plain => generator.protected(&function.body),
        Shape::Future => generator.eager(),
        Shape::Boxed => match function.boxed_block() {
            // The one allocation that the user wrote is the one that there is.
            Some((pin, body)) => {
                let inside = generator.protected(&body);
                quote!(#pin(async move { #inside }))
            }
            None => generator.eager(),
        },
    };
    // Braces of the user: with ours, the whole function would count as a macro's, and `dead_code` pass it over.
    let mut body = Group::new(Delimiter::Brace, quote!(#site #block));
    body.set_span(function.body.span());
    quote!(#(#attrs)* #vis #sig #body)
}

struct Generator<'a> {
    model: &'a Model<'a>,
    /// The place of the return type, where an error about it belongs.
    at: Span,
}

impl<'a> Generator<'a> {
    fn new(model: &'a Model<'a>) -> Self {
        Self { model, at: span_of(&model.result) }
    }

    /// `::breaker_core::__private`, shown at `at` if it is part of an error.
    fn private(&self, at: Span) -> TokenStream {
        // A path that the user wrote keeps its place: if it is wrong, that is where.
        if let Some(path) = self.model.krate {
            let private = placed(quote!(::__private), Span::mixed_site().located_at(at));
            return quote!(#path #private);
        }
        placed(quote_spanned!(Span::mixed_site()=> ::breaker_core::__private), Span::mixed_site().located_at(at))
    }

    fn is_async(&self) -> bool {
        !matches!(self.model.shape, Shape::Plain)
    }

    fn is_eager(&self) -> bool {
        match self.model.shape {
            Shape::Future => true,
            Shape::Boxed => self.model.function.boxed_block().is_none(),
            _ => false,
        }
    }

    /// ```text
    /// Input:   body
    /// Output:  async:  Run::asking(&SITE, async move { body }).await
    ///          plain:  ask_and_call(&SITE, move || -> R { body })
    ///          where the permit is there already: Run::new(permit, …), call(permit, …)
    /// ```
    /// The `return` that never runs tells the block its type, for `?` and for coercions.
    fn run(&self, permit: Option<&Ident>, body: &Group) -> TokenStream {
        let private = self.private(Span::mixed_site());
        let result = &self.model.result;
        let body = if self.lends_self() { params::rename_self(body.to_token_stream()) } else { body.to_token_stream() };
        if !self.is_async() {
            return if let Some(permit) = permit {
                quote!(#private::call(#permit, move || -> #result #body))
            } else {
                quote!(#private::ask_and_call(&__BREAKER_SITE, move || -> #result #body))
            };
        }
        let body = quiet_braces(body);
        let value = own("return");
        self.guarded(
            permit,
            &quote! {
                async move {
                    if let ::core::option::Option::Some(#value) = ::core::option::Option::None::<#result> {
                        return #value;
                    }
                    #body
                }
            },
        )
    }

    /// ```text
    /// Input:   future
    /// Output:  Run::asking(&SITE, future).await, or Run::new(permit, future).await
    /// ```
    fn guarded(&self, permit: Option<&Ident>, future: &TokenStream) -> TokenStream {
        let private = self.private(Span::mixed_site());
        if let Some(permit) = permit {
            quote!(#private::Run::new(#permit, #future).await)
        } else {
            quote!(#private::Run::asking(&__BREAKER_SITE, #future).await)
        }
    }

    /// ```text
    /// Input:   body
    /// Output:  <R as Protect<_, _>>::finish(run, Convert)
    /// ```
    /// Where the fallback takes parameters by value, admission comes first: a call that is refused moves them there,
    /// one that is admitted leaves copies.
    /// ```text
    /// Output:  <R as Protect<_, _>>::finish('call: {
    ///              let permit = match admit(&SITE) {
    ///                  Ok(permit) => permit,
    ///                  Err(refusal) => break 'call (Ended::Refused(refusal), (b,)),
    ///              };
    ///              let kept = (keep(&b),);
    ///              (run, kept)
    ///          }, Convert)
    /// ```
    /// The `match` is a statement of its own, so that its scrutinee is not kept in the future.
    fn protected(&self, body: &Group) -> TokenStream {
        let (permit, refusal, kept) = (own("permit"), own("refusal"), own("kept"));
        let lend = self.lend();
        let originals = self.kept(|p| &p.name);
        if originals.is_empty() {
            let run = self.run(None, body);
            return self.answered(&if lend.is_empty() { run } else { quote!({ #lend #run }) }, false);
        }
        let private = self.private(Span::mixed_site());
        let run = self.run(Some(&permit), body);
        let label = syn::Lifetime::new("'__breaker_call", Span::mixed_site());
        let keeps = self.keeps();
        let call = quote! {
            #label: {
                let #permit = match #private::admit(&__BREAKER_SITE) {
                    ::core::result::Result::Ok(#permit) => #permit,
                    ::core::result::Result::Err(#refusal) => {
                        break #label (#private::Ended::Refused(#refusal), (#(#originals,)*))
                    }
                };
                let #kept = (#(#keeps,)*);
                let __breaker_ended = { #lend #run };
                (__breaker_ended, #kept)
            }
        };
        self.answered(&call, true)
    }

    /// ```text
    /// Input:   body that gives a future
    /// Output:  let kept = keep(&b); let future = eager(move || body);
    ///          async move { … Run::asking(&SITE, future).await … }
    /// ```
    fn eager(&self) -> TokenStream {
        let private = self.private(Span::mixed_site());
        let future = own("future");
        let body = &self.model.function.body;
        let annotation = match (&self.model.shape, &self.model.function.sig.output) {
            (Shape::Boxed, ReturnType::Type(arrow, ty)) => quote!(#arrow #ty),
            _ => TokenStream::new(),
        };
        let answered = self.answered(&self.guarded(None, &future.to_token_stream()), false);
        let (aliases, keeps) = (self.kept(|p| &p.alias), self.keeps());
        let wrapped = quote!(async move { #answered });
        let wrapped = match self.model.shape {
            Shape::Boxed => quote!(#private::Box::pin(#wrapped)),
            _ => wrapped,
        };
        let body = if annotation.is_empty() { quote!(move || #body) } else { quote!(move || #annotation #body) };
        if aliases.is_empty() {
            return quote!(let #future = #private::eager(#body); #wrapped);
        }
        // The body takes the parameters, so what is kept for the fallback waits under another name.
        let kept = own("kept");
        quote! {
            let #kept = (#(#keeps,)*);
            let #future = #private::eager(#body);
            let (#(#aliases,)*) = #kept;
            #wrapped
        }
    }

    /// Verdict and fallback after the call.
    fn answered(&self, call: &TokenStream, carries: bool) -> TokenStream {
        match &self.model.fallback {
            None => self.verdict("finish", call),
            Some(fallback) => self.with_fallback(fallback, call, carries),
        }
    }

    /// ```text
    /// Input:   ended
    /// Output:  <R as Protect<_, _>>::finish_by_error(ended, ignore_if, failure_if, Convert)
    /// ```
    fn verdict(&self, method: &str, ended: &TokenStream) -> TokenStream {
        let model = self.model;
        let (private, result) = (self.private(self.at), &model.result);
        let own_private = self.private(Span::mixed_site());
        let strategy = match &model.refusal {
            Refusal::Convert => quote!(#own_private::Convert),
            Refusal::Degrade => quote!(#own_private::Degrade),
            Refusal::Map(map) => {
                let private = self.private(span_of(map));
                let at = Span::mixed_site().located_at(span_of(map));
                quote_spanned!(at=> #private::map(#map))
            }
        };
        let (suffix, judge) = match &model.judge {
            Judge::Plain => ("", TokenStream::new()),
            Judge::ByResult(classify) => ("_by_result", quote!(#classify,)),
            Judge::ByError { ignore_if, failure_if } => {
                let ignore_if = ignore_if.map_or_else(|| quote!(|_| false), ToTokens::to_token_stream);
                let failure_if = failure_if.map_or_else(|| quote!(|_| true), ToTokens::to_token_stream);
                ("_by_error", quote!(#ignore_if, #failure_if,))
            }
        };
        let at = Span::mixed_site().located_at(self.at);
        let method = Ident::new(&format!("{method}{suffix}"), at);
        let path = quote_spanned!(at=> <#result as #private::Protect<_, _>>::#method);
        quote!(#path(#ended, #judge #strategy))
    }

    /// ```text
    /// Input:   ended
    /// Output:  match <R as Protect<_, _>>::split(ended, Convert) {
    ///              Next::Return(value) => value,
    ///              Next::Fallback(error) => FallbackRun::new(&SITE).answer::<R, _, _>(path(a, b, error)).await,
    ///          }
    /// ```
    /// Where the call carries what was kept, that is taken apart first: `let (ended, (b,)) = ended;`.
    fn with_fallback(&self, fallback: &Fallback<'_>, call: &TokenStream, carries: bool) -> TokenStream {
        let private = self.private(Span::mixed_site());
        let (ended, value, error) = (own("ended"), own("value"), own("error"));
        let (bind, call) = if carries {
            let aliases = self.kept(|p| &p.alias);
            (quote!(let (#ended, (#(#aliases,)*)) = #call;), quote!(#ended))
        } else {
            (TokenStream::new(), call.clone())
        };
        let split = self.verdict("split", &call);
        let answer = self.answer(fallback, &error);
        quote! {
            #bind
            match #split {
                #private::Next::Return(#value) => #value,
                #private::Next::Fallback(#error) => #answer,
            }
        }
    }

    /// ```text
    /// Input:   fallback = path          Output:  FallbackRun::new(&SITE).answer::<R, _, _>(path(a, b, error)).await
    /// Input:   fallback = |e| …         Output:  FallbackRun::new(&SITE).answer::<R, _, _>(apply(|e| …, error)).await
    /// Input:   a plain function         Output:  { let run = FallbackRun::new(&SITE); let value: R = path(a, b, error); run.end(value) }
    /// ```
    /// The run comes first, so that it sees a panic of the fallback. A type in a `let` has the shortest error.
    fn answer(&self, fallback: &Fallback<'_>, error: &Ident) -> TokenStream {
        let (at, called) = match fallback {
            Fallback::Path { path, .. } => {
                let arguments = self.model.parameters.iter().map(|parameter| match parameter.pass {
                    Pass::Kept => &parameter.alias,
                    Pass::Shared | Pass::Lent => &parameter.name,
                });
                let at = span_of(path);
                let error = Ident::new(&error.to_string(), error.span().located_at(at));
                (at, quote_spanned!(Span::mixed_site().located_at(at)=> #path(#(#arguments,)* #error)))
            }
            Fallback::Closure(closure) => {
                let at = span_of(closure);
                let private = self.private(at);
                let keeps_self = self.model.parameters.iter().any(|p| p.name == "self" && p.pass == Pass::Kept);
                let closure = closure.to_token_stream();
                let closure = if keeps_self { params::rename_self(closure) } else { closure };
                (at, quote_spanned!(Span::mixed_site().located_at(at)=> #private::apply(#closure, #error)))
            }
        };
        let (private, result) = (self.private(at), &self.model.result);
        let at = Span::mixed_site().located_at(at);
        if self.is_async() {
            return quote_spanned!(at=> #private::FallbackRun::new(&__BREAKER_SITE).answer::<#result, _, _>(#called).await);
        }
        let (private, run, value) = (self.private(Span::mixed_site()), own("run"), own("value"));
        quote!({
            let #run = #private::FallbackRun::new(&__BREAKER_SITE);
            let #value: #result = #called;
            #run.end(#value)
        })
    }

    /// The names of the parameters that are cloned for the fallback.
    fn kept(&self, name: impl Fn(&'a Parameter) -> &'a Ident) -> Vec<&'a Ident> {
        self.model.parameters.iter().filter(|p| p.pass == Pass::Kept).map(name).collect()
    }

    /// `keep(&b)`, shown at `b` if it can't be cloned.
    fn keeps(&self) -> Vec<TokenStream> {
        let keep = |name: &Ident| {
            let private = self.private(name.span());
            quote_spanned!(Span::mixed_site().located_at(name.span())=> #private::keep(&#name))
        };
        self.kept(|p| &p.name).into_iter().map(keep).collect()
    }

    fn lends_self(&self) -> bool {
        !self.is_eager() && self.model.parameters.iter().any(|p| p.name == "self" && p.pass == Pass::Lent)
    }

    /// `let c = &mut *c;`: the body gets a loan, so that the fallback can have the parameter afterwards.
    fn lend(&self) -> TokenStream {
        let lent = self.model.parameters.iter().filter(|p| p.pass == Pass::Lent);
        lent.map(|parameter| {
            let (name, alias) = (&parameter.name, &parameter.alias);
            let is_mut = parameter.is_mut.then(|| quote!(mut));
            // The body may leave a parameter to the fallback alone.
            quote!(#[allow(unused_variables, unused_mut)] let #is_mut #alias = &mut *#name;)
        })
        .collect()
    }
}

/// A body that is one expression, as a block inside another one: its braces must not be the user's for the lint
/// `unused_braces`. Their place stays, and nothing inside is touched.
fn quiet_braces(body: TokenStream) -> TokenStream {
    let is_semicolon = |token: TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    let quiet = |token| match token {
        TokenTree::Group(group) if !group.stream().into_iter().any(is_semicolon) => {
            let mut fresh = Group::new(group.delimiter(), group.stream());
            fresh.set_span(Span::call_site().located_at(group.span()));
            TokenTree::Group(fresh)
        }
        other => other,
    };
    body.into_iter().map(quiet).collect()
}
