//! Code for editors: unfinished code is in the expansion, in a place where its type is known.

use proc_macro2::TokenStream;
use quote::quote;

use crate::entry::circuit_breaker;

fn expansion(arguments: TokenStream) -> String {
    let function = quote!(
        async fn call(client: &Client) -> Result<u32, Down> {
            client.get().await
        }
    );
    let tokens = circuit_breaker(arguments, function).to_string();
    assert!(tokens.contains("client . get () . await }"), "the function is there: {tokens}");
    tokens
}

fn faults(expansion: &str) -> usize {
    expansion.matches("compile_error").count()
}

#[test]
fn a_key_that_is_half_written_stands_among_the_names_of_the_keys() {
    for (arguments, names) in [
        (quote!(), ""),
        (quote!(service = "s", failure_thr), "service as _ , failure_thr as _"),
        (quote!(fail, service = "s"), "fail as _ , service as _"),
        (quote!(service = "s", failure_thr = 5), "service as _ , failure_thr as _"),
        (quote!(service = "s", failure_threshold = ), "service as _ , failure_threshold as _"),
    ] {
        let tokens = expansion(arguments);
        let names = format!("use :: breaker_core :: __private :: keys :: {{ {names} }} ;").replace("{  }", "{ }");
        assert!(tokens.contains(&names), "{names}: {tokens}");
        assert_eq!(faults(&tokens), 1, "{tokens}");
    }
}

#[test]
fn a_closure_that_ends_in_a_dot_is_called_with_its_argument() {
    let err = "Some (:: core :: result :: Result :: Err (__breaker_error))";
    let none = ":: core :: option :: Option :: None :: < Result < u32 , Down > >";
    let error = "__breaker_error) ;";
    for (arguments, condition, call) in [
        (quote!(fallback = |error| error.), format!("{err} = {none}"), "(| error | error . __breaker_unfinished ,"),
        (quote!(fallback = |e| Err(e.)), format!("{err} = {none}"), "(| e | Err (e . __breaker_unfinished) ,"),
        (
            quote!(failure_if = |e| { e.; true }),
            format!("{err} = & {none}"),
            "(| e | { e . __breaker_unfinished ; true } ,",
        ),
        (
            quote!(ignore_if = |e| e.a(client.).b),
            format!("{err} = & {none}"),
            "e . a (client . __breaker_unfinished) . b ,",
        ),
    ] {
        let tokens = expansion(quote!(service = "s", #arguments));
        for part in [&condition, call, error] {
            assert!(tokens.contains(part), "{part}: {tokens}");
        }
        assert_eq!(faults(&tokens), 1, "{tokens}");
    }
    for (arguments, part) in [
        (quote!(classify = |result| result.), "(| result | result . __breaker_unfinished , __breaker_result)"),
        (quote!(map_error = |error| error.), "| error | error . __breaker_unfinished) ;"),
        (quote!(fallback = Self::), "let _ = Self :: __breaker_unfinished ;"),
        (quote!(windw = 5, fallback = |e| e.when), "(| e | e . when , __breaker_error)"),
    ] {
        let tokens = expansion(quote!(service = "s", #arguments));
        assert!(tokens.contains(part), "{part}: {tokens}");
        assert_eq!(faults(&tokens), 1, "{tokens}");
    }
}

#[test]
fn where_an_editor_asks_the_expansion_is_like_that_of_the_unfinished_code() {
    let unfinished = expansion(quote!(service = "s", fallback = |error| error.));
    for name in [quote!(raCompletionMarker), quote!(intellijRulezz)] {
        let asked = expansion(quote!(service = "s", fallback = |error| error.#name));
        let start = |tokens: &str| tokens.split_once("| error | error .").expect("the closure is there").0.to_owned();
        assert_eq!(start(&asked), start(&unfinished));
    }
    let finished = expansion(quote!(service = "s", fallback = |error| error.whraCompletionMarker));
    assert_eq!(faults(&finished), 0, "the code is finished without the marker, too: {finished}");
}

#[test]
fn what_ends_too_soon_is_named_by_its_key() {
    for (arguments, fault) in [
        (quote!(fallback = |error| error.), "the value of `fallback` is not finished: expected identifier or integer"),
        (quote!(fallback = |error|), "the value of `fallback` is not finished: expected an expression"),
        (quote!(fallback = Self::), "the value of `fallback` is not finished: expected identifier"),
        (quote!(window = 5 + ), "the value of `window` is not finished: expected an expression"),
    ] {
        let (_, messages) = super::read(quote!(service = "s", #arguments));
        assert_eq!(messages, [fault]);
    }
}

#[test]
fn an_expression_that_ends_in_a_dot_stands_where_the_parameters_are() {
    let asked = quote!(breaker = &client.raCompletionMarker);
    for arguments in [quote!(breaker = &client.), asked] {
        let tokens = expansion(arguments);
        assert!(tokens.contains("let _ = & client . "), "{tokens}");
        assert_eq!(faults(&tokens), 1, "{tokens}");
    }
}
