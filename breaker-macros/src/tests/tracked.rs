//! Where the body of a function under `#[track_caller]` can stand.

use proc_macro2::TokenStream;
use quote::quote;

use crate::function::Function;
use crate::tracked::{Place, place};

fn found(item: TokenStream) -> Option<Place> {
    let function: Function = syn::parse2(item).expect("the function of a test parses");
    let (shape, _) = function.shape().expect("it returns something");
    place(&function, &shape)
}

#[test]
fn the_body_stands_inside_a_function_and_beside_a_method() {
    for inside in [
        quote!(
            #[track_caller]
            fn f(a: u32, mut b: Body, _c: &str) -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            pub fn f<'a, T: for<'b> Fn(&'b str), const N: usize>(a: &'a T) -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            fn f() -> impl Future<Output = Reply> {
                a
            }
        ),
    ] {
        assert_eq!(found(inside.clone()), Some(Place::Inside), "{inside}");
    }
    for beside in [
        quote!(
            #[track_caller]
            pub fn f(&self) -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            pub(crate) fn f(mut self: Box<Self>, a: Name) -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            pub fn f() -> Result<Self, E> {
                a
            }
        ),
        quote!(
            #[track_caller]
            pub fn f() -> Reply {
                (Self::a(),)
            }
        ),
    ] {
        assert_eq!(found(beside.clone()), Some(Place::Beside), "{beside}");
    }
}

#[test]
fn elsewhere_the_caller_stays_unknown() {
    for item in [
        quote!(
            fn f() -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            async fn f() -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            unsafe fn f() -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            fn f(&self) -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            fn f() -> Reply {
                Self::a()
            }
        ),
        quote!(
            #[track_caller]
            fn f((a, b): (u8, u8)) -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            fn f(_: u8) -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            fn f(#[cfg(unix)] a: u8) -> Reply {
                a
            }
        ),
        // `T` and `'a` may belong to a surrounding `impl`.
        quote!(
            #[track_caller]
            pub fn f(a: T) -> Reply {
                a
            }
        ),
        quote!(
            #[track_caller]
            pub fn f(a: &'a str) -> Reply {
                a
            }
        ),
    ] {
        assert_eq!(found(item.clone()), None, "{item}");
    }
}
