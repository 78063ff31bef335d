//! Items and functions that can't be annotated, and what to annotate instead.

use proc_macro2::{Ident, TokenStream, TokenTree};

use crate::faults::Faults;
use crate::function::Function;

/// Reports an item that can't be parsed as a function.
pub(crate) fn item(item: &TokenStream, error: syn::Error, faults: &mut Faults) {
    match keyword(item) {
        Some((ident, advice)) => {
            faults.on(&ident, format_args!("`#[circuit_breaker]` protects a function, not `{ident}`: {advice}"));
        }
        None => faults.push(error),
    }
}

/// The keyword that tells the kind of item, and what to do; nothing for a function.
fn keyword(item: &TokenStream) -> Option<(Ident, &'static str)> {
    for token in item.clone() {
        let TokenTree::Ident(ident) = token else {
            continue;
        };
        let advice = match ident.to_string().as_str() {
            "impl" => "put it over each method of the block that calls the service",
            "struct" | "enum" | "union" | "type" | "static" | "const" => {
                "put it over the function that calls the service"
            }
            "mod" => "put it over each function of the module that calls the service",
            "trait" => "put it over the methods of the implementation",
            "fn" => return None,
            _ => continue,
        };
        return Some((ident, advice));
    }
    None
}

/// Reports the kinds of functions that no breaker can protect.
pub(crate) fn signature(function: &Function, faults: &mut Faults) {
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
            "an `extern fn` is called by foreign code, which can't take a rejection: protect a Rust function that it calls",
        );
    }
    if let Some(token) = &sig.variadic {
        faults.on(token, "a variadic function can't be protected: protect a function that calls it");
    }
}
