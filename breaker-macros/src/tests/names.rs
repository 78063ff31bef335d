//! Which parameters a fallback closure captures.

use proc_macro2::TokenStream;
use quote::quote;

use crate::names;

/// Whether the closure takes a parameter `id` from the function.
fn captures(closure: TokenStream) -> bool {
    let closure = syn::parse2(closure).expect("a closure");
    names::captured(&closure).contains("id")
}

#[test]
fn a_name_that_is_used_as_a_value_is_captured() {
    for closure in [
        quote!(|error| Ok(id)),
        quote!(|error| {
            let found = id.clone();
            Ok(found)
        }),
        quote!(|error| Ok(Q { id })),
        quote!(|error| Ok(Q { id: id })),
        quote!(|error| Ok(f(..id))),
        quote!(|error| async move { Ok(id) }),
        quote!(|error| {
            let id = id + 1;
            Ok(id)
        }),
        quote!(|error| {
            if let Some(id) = id {
                f(id)
            }
            Err(error)
        }),
        quote!(|error| {
            if let Some(id) = error.id() {
                f(id)
            } else {
                f(id)
            }
            Err(error)
        }),
        quote!(|error| {
            {
                let id = 1;
                f(id);
            }
            Ok(id)
        }),
        quote!(|error| Ok(format!("{id}"))),
        quote!(|error| Ok(format!("{{{id:?}}}"))),
        quote!(|error| Ok(format!("{:>id$}", 1))),
        quote!(|error| {
            log!(target: "a", "{id}");
            Err(error)
        }),
        quote!(|error| {
            warn!(%error, id, "failed");
            Err(error)
        }),
        quote!(|error| {
            warn!(%error, key = %id);
            Err(error)
        }),
        quote!(|error| Ok(json!({ "id": id }))),
        quote!(|error| Ok(vec![id; 3])),
        quote!(|error| {
            println!("{x}", x = id);
            Err(error)
        }),
        quote!(|error| {
            assert_eq!(1, 2, "{id}");
            Err(error)
        }),
        quote!(|error| Ok(matches!(error, E::Of(n) if n == id))),
        quote!(|error| match error {
            E::Of(n) if n == id => Ok(1),
            _ => Ok(0),
        }),
    ] {
        assert!(captures(closure.clone()), "{closure}");
    }
}

#[test]
fn a_word_that_is_no_value_of_the_function_is_not_captured() {
    for closure in [
        quote!(|id| Err(id)),
        quote!(|error| Ok(error.id())),
        quote!(|error| Ok(error.id)),
        quote!(|error| Ok(id::f() + other::id::<u8>())),
        quote!(|error| Ok(Q { id: 3 })),
        quote!(|error| {
            'id: loop {
                break 'id;
            }
            Err(error)
        }),
        quote!(|error| Ok(list.map(|id| id + 1))),
        quote!(|error| {
            let id = error.id();
            println!("{id}");
            Ok(id)
        }),
        quote!(|error| {
            let (Some(id) | Ok(id)) = error.id() else { return Err(error) };
            Ok(id)
        }),
        quote!(|error| {
            if let Some(id) = error.id()
                && id > 3
            {
                f(id)
            }
            Err(error)
        }),
        quote!(|error| {
            while let Some(id) = error.id() {
                f(id)
            }
            Err(error)
        }),
        quote!(|error| {
            for id in error.ids() {
                f(id)
            }
            Err(error)
        }),
        quote!(|error| match error {
            E::Of(id) if id > 3 => Ok(id),
            _ => Ok(0),
        }),
        quote!(|error| {
            fn f(id: u8) -> u8 {
                id
            }
            Ok(f(1))
        }),
        quote!(|error| {
            const id: u8 = 1;
            Err(error)
        }),
        quote!(|error| Err(error as id)),
        quote!(|error| {
            println!("id is {{id}}, {{}} /id/{}", 1);
            Err(error)
        }),
        quote!(|error| Ok(parse(r#"{"id": 1} {id}"#))),
        quote!(|error| {
            println!("{}", "{id}");
            Err(error)
        }),
        quote!(|error| {
            println!("{id}", id = 3);
            Err(error)
        }),
        quote!(|error| {
            assert_eq!("{id}", error.text());
            Err(error)
        }),
        quote!(|error| Ok(matches!(error, E::Of(id) if id > 3))),
        quote!(|error| {
            warn!(%error, id = 3, "failed");
            Err(error)
        }),
        quote!(|error| {
            warn!(%error.id, "{}", error.id());
            Err(error)
        }),
        quote!(|error| Ok(concat!("{id}", "a"))),
        quote!(|error| Ok(stringify!(id))),
        quote!(|error| Ok(json!({ "a": error.id(), id: 3 }))),
        quote!(|error| Ok(id!(3))),
    ] {
        assert!(!captures(closure.clone()), "{closure}");
    }
}

#[test]
fn self_in_a_path_or_a_use_is_no_value() {
    let takes_self = |closure| names::captured(&syn::parse2(closure).expect("a closure")).contains("self");
    assert!(takes_self(quote!(|error| Ok(self.id))));
    assert!(takes_self(quote!(|error| Ok(format!("{self}")))));
    assert!(!takes_self(quote!(|error| {
        self::helper(1);
        Err(error)
    })));
    assert!(!takes_self(quote!(|error| {
        use std::fmt::{self};
        Err(error)
    })));
}

#[test]
fn a_raw_name_is_captured_by_its_plain_name() {
    let closure = syn::parse2(quote!(|error| Ok(format!("{type}")))).expect("a closure");
    assert!(names::captured(&closure).contains("type"));
}

#[test]
fn self_is_renamed_only_where_it_is_a_value() {
    use crate::self_alias::rename_self;
    let body = quote!({
        use std::fmt::{self, Write as _};
        pub(self) fn f() {}
        self::f();
        format!("{self} {{self}} {self:?}");
        impl T for U {
            fn f(&self) {
                self
            }
        }
        self.count += self.step;
        "{self}"
    });
    let renamed = quote!({
        use std::fmt::{self, Write as _};
        pub(self) fn f() {}
        self::f();
        format!("{__breaker_self} {{self}} {__breaker_self:?}");
        impl T for U {
            fn f(&self) {
                self
            }
        }
        __breaker_self.count += __breaker_self.step;
        "{self}"
    });
    assert_eq!(rename_self(body).to_string(), renamed.to_string());
}

#[test]
fn every_pattern_binds_its_names() {
    for (pattern, expected) in [
        (quote!(a), "a"),
        (quote!(mut a @ Some(b)), "a b"),
        (quote!((a, .., [b, rest @ ..], &c)), "a b rest c"),
        (quote!(Q { a, b: (b, _), .. }), "a b"),
        (quote!(E::Of(a) | E::From(a)), "a a"),
        (quote!((E::Of(a) | E::None)), "a"),
        (quote!(1..=9), ""),
        (quote!(E::None), ""),
    ] {
        let parsed = syn::parse::Parser::parse2(syn::Pat::parse_multi, pattern.clone()).expect("a pattern");
        let names: Vec<_> = names::bound(&parsed).iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names.join(" "), expected, "{pattern}");
    }
}
