//! Code from which an editor completes, generated while the attribute has an error.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote;
use syn::Expr;

use crate::args::Args;
use crate::function::Function;
use crate::return_type;
use crate::value::Value;

/// ```text
/// Input:   fn get() -> R { body }    with failure_thr, fallback = |error| error.
/// Output:  fn get() -> R {
///              #[allow(unexpected_cfgs)] { #[cfg(rust_analyzer)] {
///                  use ::breaker_core::__private::keys::{failure_thr as _, fallback as _};
///                  if let Some(Err(error)) = None::<R> { apply(|error| error.unfinished, error); }
///              } }
///              body
///          }
/// ```
/// Names and closures keep their spans in the attribute, so the editor shows there what it knows about the expansion. The
/// compiler skips the block, because `cfg(rust_analyzer)` is off. The errors come after the function: their length may
/// differ between two expansions, and rust-analyzer compares token positions from the start.
pub(crate) fn with_hints(function: &Function, args: &Args) -> TokenStream {
    if !function.has_body {
        return function.unchanged(&function.body);
    }
    let hints = hints(function, args);
    let body = function.body.stream();
    let mut body = Group::new(Delimiter::Brace, quote!(#hints #body));
    body.set_span(function.body.span());
    function.unchanged(&body)
}

fn hints(function: &Function, args: &Args) -> TokenStream {
    let private = if let Some(Value::CratePath(path)) = args.get("crate").map(|arg| &arg.value) {
        quote!(#path::__private)
    } else {
        quote!(::breaker_core::__private)
    };
    let keys = args.begun().map(|begun| &begun.key);
    let codes = function.shape().map(|(_, result)| {
        let (result, _) = return_type::without_impl_trait(&result);
        code_of(args).map(|(key, code)| typed(&key, code, &result, &private)).collect::<TokenStream>()
    });
    quote! {
        #[allow(unexpected_cfgs)]
        {
            #[cfg(rust_analyzer)]
            {
                use #private::keys::{#(#keys as _),*};
                #codes
            }
        }
    }
}

/// Returns the code of each key whose value is code, finished or not.
fn code_of(args: &Args) -> impl Iterator<Item = (String, &Expr)> {
    args.begun().filter_map(|begun| {
        let name = begun.key.to_string();
        let valid = || {
            args.get(&name)
                .filter(|arg| matches!(arg.value, Value::Callable(_) | Value::Expression))
                .map(|arg| &arg.expr)
        };
        let code = begun.code.as_ref().or_else(valid)?;
        Some((name, code))
    })
}

/// Passes the code the argument that it will get, so that its type is known.
fn typed(key: &str, code: &Expr, result: &TokenStream, private: &TokenStream) -> TokenStream {
    if !matches!(code, Expr::Closure(_)) {
        return quote!(let _ = #code;);
    }
    let none = quote!(::core::option::Option::None::<#result>);
    let some = quote!(::core::option::Option::Some);
    let err = quote!(::core::result::Result::Err);
    match key {
        "map_error" => quote!(let _ = #private::map_to(#none, #code);),
        "classify" => quote!(if let #some(__breaker_result) = &#none { #private::apply(#code, __breaker_result); }),
        "fallback" => quote!(if let #some(#err(__breaker_error)) = #none { #private::apply(#code, __breaker_error); }),
        _ => quote!(if let #some(#err(__breaker_error)) = &#none { #private::apply(#code, __breaker_error); }),
    }
}
