//! Items that can't be annotated, and the item that is left where there is a fault.

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
    assert!(tokens.ends_with(&function.to_string()), "{tokens}");
}
