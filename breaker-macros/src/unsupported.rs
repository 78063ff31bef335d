//! Reports items and functions that can't be annotated, and what to annotate instead.

use proc_macro2::{TokenStream, TokenTree};

use crate::faults::Faults;
use crate::function::Function;

/// Reports an item that is not a function. Returns whether it did.
pub(crate) fn item(item: &TokenStream, faults: &mut Faults) -> bool {
    let Some((token, what, advice)) = kind(item) else { return false };
    faults.on(token, format_args!("`#[circuit_breaker]` protects a function, not {what}: {advice}"));
    true
}

/// Returns the token that shows the kind of item, the kind, and advice; `None` for a function.
fn kind(item: &TokenStream) -> Option<(TokenTree, String, &'static str)> {
    let has_fn = item.clone().into_iter().any(|token| matches!(&token, TokenTree::Ident(ident) if ident == "fn"));
    for token in item.clone() {
        let ident = match &token {
            TokenTree::Ident(ident) => ident.to_string(),
            TokenTree::Punct(bar) if bar.as_char() == '|' && !has_fn => {
                return Some((token, "a closure".to_owned(), "annotate a function that does what the closure does"));
            }
            _ => continue,
        };
        let (what, advice) = match ident.as_str() {
            "impl" => ("an `impl`".to_owned(), "annotate each method of the block that calls the service"),
            "enum" => ("an `enum`".to_owned(), "annotate the function that calls the service"),
            "struct" | "union" | "type" | "static" | "const" | "use" => {
                (format!("a `{ident}`"), "annotate the function that calls the service")
            }
            "extern" if !has_fn => {
                ("an `extern` block".to_owned(), "annotate the Rust function that calls the foreign one")
            }
            "mod" => ("a `mod`".to_owned(), "annotate each function of the module that calls the service"),
            "trait" => ("a `trait`".to_owned(), "annotate the methods of the implementation"),
            "fn" => return None,
            _ => continue,
        };
        return Some((token, what, advice));
    }
    None
}

/// Reports the kinds of functions that no breaker can protect.
pub(crate) fn signature(function: &Function, faults: &mut Faults) {
    let sig = &function.sig;
    if !function.has_body {
        faults.on(&sig.ident, "this function has no body: annotate its implementation");
    }
    if let Some(token) = &sig.constness {
        faults.on(
            token,
            "a `const fn` runs at compile time, where no service can fail: remove `const`, or protect the function that calls the service",
        );
    }
    if let Some(token) = &sig.abi {
        faults.on(
            token,
            "an `extern fn` is called by foreign code, which can't handle a rejection: protect a Rust function that it calls",
        );
    }
    if let Some(token) = &sig.variadic {
        faults.on(token, "a variadic function can't be protected: protect a function that calls it");
    }
}
