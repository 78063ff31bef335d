//! Arguments and signature to what is to be generated: conflicts between keys, and what the function can't have.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, ExprClosure, ExprPath, FnArg, Ident, Path, Type};

use crate::args::Args;
use crate::diag::Faults;
use crate::item::{self, Function, Shape};
use crate::params::{Parameter, Pass};
use crate::value::Value;

/// How a result is judged.
pub(crate) enum Judge<'a> {
    /// `Ok` is a success, `Err` a failure.
    Plain,
    ByError {
        ignore_if: Option<&'a Expr>,
        failure_if: Option<&'a Expr>,
    },
    ByResult(&'a Expr),
}

/// What the caller gets for a refusal, where no fallback answers.
pub(crate) enum Refusal<'a> {
    /// `E: From<CircuitBreakerError>`
    Convert,
    Map(&'a Expr),
    /// `Ok(Default::default())`, for failures too.
    Degrade,
}

/// Who answers in place of the function.
pub(crate) enum Fallback<'a> {
    Path { path: &'a ExprPath, with_self: bool },
    Closure(&'a ExprClosure),
}

/// Everything that the generator needs.
pub(crate) struct Model<'a> {
    pub(crate) function: &'a Function,
    pub(crate) args: &'a Args,
    pub(crate) shape: Shape,
    /// The `Result`, with `_` for `impl Trait`.
    pub(crate) result: TokenStream,
    pub(crate) judge: Judge<'a>,
    pub(crate) refusal: Refusal<'a>,
    pub(crate) fallback: Option<Fallback<'a>>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) krate: Option<&'a Path>,
}

impl<'a> Model<'a> {
    /// None if anything is at fault.
    pub(crate) fn new(args: &'a Args, function: &'a Function, faults: &mut Faults) -> Option<Self> {
        conflicts(args, faults);
        signature(function, faults);
        let Some((shape, ty)) = function.shape() else {
            faults.on(
                &function.sig.ident,
                "this function returns nothing: `#[circuit_breaker]` needs a `Result<T, E>`, so that a failure can be told from a success",
            );
            return None;
        };
        if let (Shape::Plain, Some(timeout)) = (&shape, args.get("request_timeout")) {
            faults.on(
                &timeout.key,
                "`request_timeout` needs an `async fn`: a plain function can't be cancelled. Remove it, or use `slow_call_duration` and `slow_call_rate`",
            );
        }
        if args.has("fallback") && item::is_plainly_no_result(&ty) {
            // The compiler would say so itself, but also that the fallback gives something else.
            faults.on(
                &ty,
                "a function under `#[circuit_breaker]` must return a `Result<T, E>`: the breaker tells failures from successes by `Err` and `Ok`",
            );
        }
        let (result, opaque) = item::without_opaque(&ty);
        let fallback = fallback(args, function);
        let parameters = fallback.as_ref().map_or_else(Vec::new, |fallback| Parameter::all(function, fallback, faults));
        if let (true, Some(arg)) = (opaque, args.get("fallback")) {
            faults.on(
                &arg.key,
                "a function that returns `impl Trait` inside its `Result` can't have a `fallback`: no other function can return that type. Return a boxed or a named type",
            );
        }
        if matches!(shape, Shape::Future) || (matches!(shape, Shape::Boxed) && function.boxed_block().is_none()) {
            for lent in parameters.iter().filter(|parameter| parameter.pass == Pass::Lent) {
                faults.on(
                    &lent.name,
                    "the future that this function returns has this borrow, so a `fallback` can't: make it an `async fn`, or use a closure that doesn't name it",
                );
            }
        }
        let refusal = refusal(args, fallback.is_some(), faults);
        faults.is_empty().then(|| Self {
            function,
            args,
            shape,
            result,
            judge: judge(args),
            refusal,
            fallback,
            parameters,
            krate: args.get("crate").and_then(|arg| match &arg.value {
                Value::Crate(path) => Some(path),
                _ => None,
            }),
        })
    }
}

fn expr<'a>(args: &'a Args, name: &str) -> Option<&'a Expr> {
    args.get(name).map(|arg| &arg.expr)
}

fn judge(args: &Args) -> Judge<'_> {
    let (ignore_if, failure_if) = (expr(args, "ignore_if"), expr(args, "failure_if"));
    match expr(args, "classify") {
        Some(classify) => Judge::ByResult(classify),
        None if ignore_if.is_none() && failure_if.is_none() => Judge::Plain,
        None => Judge::ByError { ignore_if, failure_if },
    }
}

fn refusal<'a>(args: &'a Args, has_fallback: bool, faults: &mut Faults) -> Refusal<'a> {
    let cache = matches!(args.get("preset").map(|arg| &arg.value), Some(Value::Preset("Cache")));
    let fail_fast = match args.get("fail_fast").map(|arg| &arg.value) {
        Some(Value::Bool(value)) => *value,
        _ => !cache,
    };
    match args.get("map_error") {
        Some(arg) if !fail_fast && !has_fallback => {
            faults.on(
                &arg.key,
                "`map_error` would never run: with `fail_fast = false` (or the preset `cache`) a refusal becomes `Ok(Default::default())`. Remove it, or say `fail_fast = true`",
            );
            Refusal::Degrade
        }
        Some(arg) => Refusal::Map(&arg.expr),
        None if !fail_fast && !has_fallback => Refusal::Degrade,
        None => Refusal::Convert,
    }
}

fn fallback<'a>(args: &'a Args, function: &Function) -> Option<Fallback<'a>> {
    match &args.get("fallback")?.value {
        Value::Closure(closure) => Some(Fallback::Closure(closure)),
        Value::Path(path) => {
            let on_self = match &path.qself {
                Some(qself) => is_self(&qself.ty),
                None => path.path.segments.len() > 1 && path.path.segments[0].ident == "Self",
            };
            Some(Fallback::Path { path, with_self: on_self && function.receiver().is_some() })
        }
        _ => None,
    }
}

fn is_self(ty: &Type) -> bool {
    matches!(item::ungroup(ty), Type::Path(path) if path.path.is_ident("Self"))
}

/// What no function under the attribute may be.
fn signature(function: &Function, faults: &mut Faults) {
    let sig = &function.sig;
    if let Some(token) = &sig.constness {
        faults.on(
            token,
            "a `const fn` runs at compile time, where no service can fail: remove `const`, or protect the function that calls the service",
        );
    }
    if let Some(token) = &sig.abi {
        faults.on(
            token,
            "an `extern fn` is called by foreign code, which can't take a refusal: protect a Rust function that it calls",
        );
    }
    if let Some(token) = &sig.variadic {
        faults.on(token, "a variadic function can't be protected: protect a function that calls it");
    }
}

/// A duration that was said. Presets and defaults give way, so they are never at fault.
fn said(args: &Args, name: &str) -> Option<Duration> {
    match args.get(name)?.value {
        Value::Duration(duration) => Some(duration),
        _ => None,
    }
}

/// Keys that can't stand together.
fn conflicts(args: &Args, faults: &mut Faults) {
    let off = matches!(args.get("response_times").map(|arg| &arg.value), Some(Value::Bool(false)));
    let mut on = |name: &str, message: String| {
        if let Some(arg) = args.get(name) {
            faults.on(&arg.key, message);
        }
    };
    if !args.has("slow_call_duration") {
        on(
            "slow_call_rate",
            "`slow_call_rate` needs to know what is slow: add `slow_call_duration = \"1s\"`".to_owned(),
        );
    }
    if off {
        let first = if args.has("slow_call_duration") { "slow_call_duration" } else { "slow_call_rate" };
        on(first, format!("`{first}` needs the calls to be measured: remove `response_times = false`, or `{first}`"));
    }
    let longer = |left: &str, right: &str| match (said(args, left), said(args, right)) {
        (Some(left), Some(right)) if left > right => Some((left, right)),
        _ => None,
    };
    let show = humantime::format_duration;
    if let Some((slow, timeout)) = longer("slow_call_duration", "request_timeout") {
        on(
            "slow_call_duration",
            format!(
                "no call could be slow: it is cancelled after {} (`request_timeout`), before `slow_call_duration` of {}. Make one shorter than the other",
                show(timeout),
                show(slow)
            ),
        );
    }
    if let Some((open, max)) = longer("open_timeout", "open_timeout_max") {
        on(
            "open_timeout_max",
            format!(
                "`open_timeout_max` of {} is shorter than `open_timeout` of {}: make it at least as long",
                show(max),
                show(open)
            ),
        );
    }
    if let Some((timeout, interval)) = longer("health_check_timeout", "health_check_interval") {
        on(
            "health_check_timeout",
            format!(
                "a health check may take {} (`health_check_timeout`) but runs every {} (`health_check_interval`): the timeout must not be the longer",
                show(timeout),
                show(interval)
            ),
        );
    }
    if args.has("classify") {
        for name in ["failure_if", "ignore_if"] {
            on(name, format!("`{name}` beside `classify`, which already judges every result: remove one of them"));
        }
    }
    short_window(args, faults);
}

/// A window that never holds what a rule asks for.
fn short_window(args: &Args, faults: &mut Faults) {
    let Some(Value::Calls(calls)) = args.get("window").map(|arg| &arg.value) else {
        return;
    };
    for name in ["minimum_requests", "failure_threshold"] {
        let Some(arg) = args.get(name) else { continue };
        if let Value::Count(needed) = arg.value
            && needed > *calls
        {
            faults.on(
                &arg.key,
                format_args!(
                    "a window of {calls} calls never holds {needed}: make `{name}` at most {calls}, or `window` at least {needed}"
                ),
            );
        }
    }
}

/// The arguments of the function, without the receiver.
pub(crate) fn typed(function: &Function) -> impl Iterator<Item = &syn::PatType> {
    function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    })
}

/// An identifier of ours, that no name of the user can shadow.
pub(crate) fn own(name: &str) -> Ident {
    Ident::new(&format!("__breaker_{name}"), Span::mixed_site())
}

/// Gives all tokens the place of the user's `at`, so that an error is shown there.
pub(crate) fn placed(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let proc_macro2::TokenTree::Group(group) = &token {
                let mut fresh = proc_macro2::Group::new(group.delimiter(), placed(group.stream(), at));
                fresh.set_span(group.span().located_at(at));
                return proc_macro2::TokenTree::Group(fresh);
            }
            token.set_span(token.span().located_at(at));
            token
        })
        .collect()
}

/// The span of a whole piece of syntax.
pub(crate) fn span_of(tokens: &impl ToTokens) -> Span {
    tokens.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
