//! Items that can't be annotated, and the item that is kept if there is a fault.

use quote::quote;

use super::faults;
use crate::entry::circuit_breaker;

#[test]
fn items_that_cannot_be_protected_are_told_what_to_do() {
    for (item, part) in [
        (
            quote!(
                const fn f() -> Result<(), E> {
                    Ok(())
                }
            ),
            "`const fn`",
        ),
        (
            quote!(
                extern "C" fn f() -> Result<(), E> {
                    Ok(())
                }
            ),
            "`extern fn`",
        ),
        (
            quote!(
                fn f() {}
            ),
            "returns nothing",
        ),
    ] {
        let messages = faults(quote!(service = "s"), item);
        assert!(messages.len() == 1 && messages[0].contains(part), "{messages:?}");
    }
    for (item, part) in [
        (
            quote!(
                struct S;
            ),
            "not a `struct`",
        ),
        (quote!(impl S { fn f() {} }), "not an `impl`"),
        (quote!(unsafe impl S { }), "not an `impl`"),
        (
            quote!(
                pub trait T {
                    fn f();
                }
            ),
            "not a `trait`",
        ),
        (
            quote!(
                mod m {}
            ),
            "not a `mod`",
        ),
        (
            quote!(
                static S: u8 = 1;
            ),
            "not a `static`",
        ),
        (
            quote!(
                use std::fmt;
            ),
            "not a `use`",
        ),
        (
            quote!(
                extern "C" {
                    fn f();
                }
            ),
            "not an `extern` block",
        ),
        (
            quote!(
                pub enum E {}
            ),
            "not an `enum`",
        ),
        (quote!(move |id| id), "not a closure"),
    ] {
        let tokens = circuit_breaker(quote!(service = "s"), item.clone()).to_string();
        assert_eq!(tokens.matches("compile_error").count(), 1, "{tokens}");
        assert!(tokens.contains(part), "{tokens}");
        assert!(tokens.ends_with(&item.to_string()), "the item is still there: {tokens}");
    }
}

#[test]
fn a_faulty_attribute_leaves_the_function_as_it_is() {
    let function = quote!(
        pub async fn call(id: u32) -> Result<u32, Down> {
            id.into()
        }
    );
    let tokens = circuit_breaker(quote!(service = ""), function.clone()).to_string();
    let function = function.to_string();
    let (signature, body) = function.split_once('{').expect("it has a body");
    assert!(tokens.starts_with(signature), "{tokens}");
    let (function, faults) = tokens.split_once(body).unwrap_or_else(|| panic!("{tokens}"));
    assert!(function.contains("# [cfg (rust_analyzer)]"), "the compiler sees no more than the function: {tokens}");
    assert_eq!(faults.matches("compile_error").count(), 1, "{tokens}");
}

#[test]
fn a_signature_that_is_no_rust_is_left_to_the_compiler() {
    for item in [
        quote!(
            async fn call(id) -> Result<u32, Down> {
                Ok(id)
            }
        ),
        quote!(
            pub fn call(id: u32 = 1) -> Result<u32, Down> {
                Ok(id)
            }
        ),
        quote!(
            fn call(id: u32) => Result<u32, Down> {
                Ok(id)
            }
        ),
    ] {
        let tokens = circuit_breaker(quote!(service = "s"), item.clone()).to_string();
        let signature = item.to_string();
        let signature = signature.split_once('{').expect("each has a body").0;
        assert!(tokens.starts_with(signature) && tokens.ends_with("{ Ok (id) } }"), "{tokens}");
        assert!(!tokens.contains("compile_error"), "{tokens}");
        assert!(tokens.contains("# [must_use = "), "an unprotected function is reported: {tokens}");
    }
}

#[test]
fn a_function_without_a_body_gets_one_so_that_the_compiler_misses_none() {
    for item in [
        quote!(
            fn call(id: u32) -> Result<u32, Down>;
        ),
        quote!(
            fn call() -> impl Future<Output = R>;
        ),
    ] {
        let tokens = circuit_breaker(quote!(service = "s"), item).to_string();
        assert_eq!(tokens.matches("compile_error").count(), 1, "{tokens}");
        assert!(tokens.ends_with('}'), "{tokens}");
    }
}
