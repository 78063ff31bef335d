//! Keys that contradict each other.

use quote::{format_ident, quote};

use super::{faults, plain};

#[test]
fn keys_that_contradict_each_other_are_one_fault() {
    for arguments in [
        quote!(slow_call_duration = "1s", response_times = false),
        quote!(slow_call_rate = 0.5),
        quote!(window = 3, failure_threshold = 4),
        quote!(window = 3, minimum_requests = 4),
        quote!(open_timeout = "2s", open_timeout_max = "1s"),
        quote!(health_check_interval = "1s", health_check_timeout = "2s"),
        quote!(classify = judge, failure_if = fails),
        quote!(classify = judge, ignore_if = fails),
        quote!(map_error = convert, preset = "cache"),
    ] {
        let shown = arguments.to_string();
        assert_eq!(plain(quote!(service = "s", #arguments)).len(), 1, "{shown}");
    }
    assert!(plain(quote!(service = "s", success_threshold = 5, half_open_max_calls = 1)).is_empty());
    assert!(plain(quote!(service = "s", open_timeout_max = "1s")).is_empty(), "a default is adjusted");
}

#[test]
fn what_is_just_as_long_contradicts_nothing() {
    for arguments in [
        quote!(window = 3, failure_threshold = 3, minimum_requests = 3),
        quote!(open_timeout = "2s", open_timeout_max = "2s"),
        quote!(health_check_interval = "2s", health_check_timeout = "2s"),
        quote!(slow_call_duration = "2s", slow_call_rate = 0.5, request_timeout = "2s"),
    ] {
        let function = quote!(
            async fn call(id: u32) -> Result<u32, Down> {
                Ok(id)
            }
        );
        let messages = faults(quote!(service = "s", #arguments), function);
        assert!(messages.is_empty(), "{messages:?}");
    }
}

#[test]
fn each_conflict_is_in_the_words_of_the_table() {
    for (arguments, messages) in [
        (
            quote!(ignore_if = a, classify = b),
            vec!["`ignore_if` can't be combined with `classify`: remove one of them"],
        ),
        (
            quote!(slow_call_duration = "1s", slow_call_rate = 0.5, response_times = false),
            vec!["`slow_call_rate` can't be combined with `response_times = false`: remove one of them"],
        ),
        (
            quote!(slow_call_rate = 0.5, response_times = false),
            vec!["`slow_call_rate` can't be combined with `response_times = false`: remove one of them"],
        ),
        (
            quote!(slow_call_duration = "1s", response_times = false),
            vec!["`slow_call_duration` can't be combined with `response_times = false`: remove one of them"],
        ),
        (
            quote!(slow_call_duration = "1s", slow_call_rate = off, response_times = false),
            vec!["`slow_call_duration` can't be combined with `response_times = false`: remove one of them"],
        ),
        (
            quote!(slow_call_rate = 0.5),
            vec!["`slow_call_rate` needs `slow_call_duration`: add `slow_call_duration = \"2s\"`"],
        ),
        (
            quote!(window = 3, failure_threshold = 4),
            vec![
                "`failure_threshold` must be at most `window`, which is 3 calls: write at most 3, or a longer `window`",
            ],
        ),
    ] {
        assert_eq!(plain(quote!(service = "s", #arguments)), messages);
    }
}

/// Returns ways to write a key that is recognized but has no valid value.
fn halves(key: &str) -> Vec<proc_macro2::TokenStream> {
    let misspelt = format_ident!("{}", key.replacen('_', "__", 1));
    let begun = format_ident!("{}", &key[..key.len() - 3]);
    let key = format_ident!("{key}");
    vec![
        quote!(#misspelt = "2s"),
        quote!(#begun = "2s"),
        quote!(#key),
        quote!(#key = ),
        quote!(#key: "2s"),
        quote!(#key("2s")),
        quote!(#key = "2s" 5),
        quote!(#key = 1 + ),
        quote!(#key = {}),
    ]
}

#[test]
fn a_mistake_in_one_half_of_a_pair_is_no_second_one_in_the_other() {
    let pairs = [
        ("slow_call_duration", quote!(slow_call_rate = 0.5)),
        ("fallback", quote!(map_error = convert, fail_fast = false)),
        ("fail_fast", quote!(map_error = convert, preset = "cache")),
    ];
    for (key, other) in pairs {
        for half in halves(key) {
            for arguments in [quote!(service = "s", #half, #other), quote!(service = "s", #other, #half)] {
                let shown = arguments.to_string();
                let messages = plain(arguments);
                assert_eq!(messages.len(), 1, "{shown}: {messages:?}");
            }
        }
    }
}

#[test]
fn a_missing_comma_hides_no_key_behind_it() {
    let messages = plain(quote!(service = "s", slow_call_rate = 0.5, window = 10 slow_call_duration = "2s"));
    assert_eq!(messages, ["expected a comma before this"]);
}

#[test]
fn a_breaker_of_ones_own_replaces_service_and_settings() {
    let function = quote!(
        async fn call(&self) -> Result<u32, Down> {
            Ok(1)
        }
    );
    let given =
        |arguments: proc_macro2::TokenStream| faults(quote!(breaker = self.breaker(), #arguments), function.clone());
    for allowed in [
        quote!(),
        quote!(request_timeout = "2s", fail_fast = false),
        quote!(fallback = cached, failure_if = a, ignore_if = b, map_error = to_down, crate = ::renamed),
        quote!(classify = judge, fail_fast = true, request_timeout = off),
    ] {
        assert!(given(allowed.clone()).is_empty(), "{allowed}");
    }
    assert_eq!(given(quote!(service = "s")), ["`service` can't be combined with `breaker`: remove one of them"]);
    for key in breaker_keys::settings().filter(|key| !matches!(key.name, "request_timeout" | "fail_fast")) {
        let (name, value) = (format_ident!("{}", key.name), value_of(key));
        let expected = format!("`{name}` can't be combined with `breaker`: configure that breaker where it is created");
        assert_eq!(given(quote!(#name = #value)), [expected]);
    }
    let both = given(quote!(consecutive_failures = off, failure_rate = off));
    assert!(both.len() == 2 && both.iter().all(|fault| fault.contains("`breaker`")), "{both:?}");
    assert_eq!(given(quote!(preset = "cache", map_error = to_down)).len(), 1);
}

/// Returns a value that is in range.
fn value_of(key: &breaker_keys::Key) -> proc_macro2::TokenStream {
    use breaker_keys::Kind;
    match key.kind {
        Kind::Choice => {
            let name = key.names[0];
            quote!(#name)
        }
        Kind::Share | Kind::Factor => quote!(1),
        Kind::Duration => quote!("7s"),
        Kind::Flag => quote!(true),
        Kind::Count | Kind::Window | Kind::Text | Kind::Callable | Kind::CratePath | Kind::Expression => quote!(7),
    }
}
