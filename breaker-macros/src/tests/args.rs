//! The list of pairs, and the names of the keys.

use quote::quote;

use super::{plain, read};

#[test]
fn all_faults_are_reported_at_once_each_in_its_place() {
    let messages = plain(quote!(
        service = "",
        failure_threshold = 0,
        failure_rate = 50,
        open_timeout = 30,
        colour = 1,
        failure_threshold = 2,
        request_timeout = "2s",
        slow_call_rate = 0.5
    ));
    for (index, part) in [
        "`service` is empty",
        "`failure_threshold` must be at least 1: write `failure_threshold = 5`",
        "`failure_rate` must be above 0 and at most 1: write `failure_rate = 0.5`",
        "write `open_timeout = \"30s\"`",
        "unknown key `colour`",
        "duplicate key `failure_threshold`",
        "add `slow_call_duration",
        "needs an `async fn`",
    ]
    .iter()
    .enumerate()
    {
        assert!(messages[index].contains(part), "{index}: {messages:#?}");
    }
    assert_eq!(messages.len(), 8, "{messages:#?}");
}

#[test]
fn what_is_left_out_or_said_in_part_is_one_fault() {
    for arguments in [
        quote!(),
        quote!(failure_threshold = 5),
        quote!("s"),
        quote!(service),
        quote!(service =),
        quote!(service: "s"),
        quote!(service == "s"),
        quote!(service("s")),
        quote!(service = "s",, window = 5),
        quote!(service = "s" window = 5),
    ] {
        let shown = arguments.to_string();
        assert_eq!(plain(arguments).len(), 1, "{shown}");
    }
}

#[test]
fn what_is_no_pair_is_told_what_it_lacks() {
    for (arguments, part) in [
        (quote!("s3"), "name the key: write `service = \"s3\"`"),
        (quote!(5), "expected `key = value`, as in `service = \"s3\"`"),
        (quote!(, service = "s"), "unexpected comma: remove it"),
        (quote!(; service = "s"), "expected `key = value`"),
        (quote!("failure_threshold" = 5), "keys have no quotes: write `failure_threshold = 5`"),
        (quote!(half - open - max - calls = 5), "unknown key `half-open-max-calls`: write `half_open_max_calls`"),
        (
            quote!(half - open = 5),
            "unknown key `half-open`: did you mean `half_open_max_calls` or `half_open_timeout`?",
        ),
        (quote!(colour - of = 5), "unknown key `colour-of`: the documentation of breaker-core lists all keys"),
        (quote!(serv), "unknown key `serv`: did you mean `service`?"),
        (quote!(serv("s")), "unknown key `serv`: did you mean `service`?"),
        (quote!(FAILURE_THRESHOLD = 5), "unknown key `FAILURE_THRESHOLD`: did you mean `failure_threshold`?"),
        (quote!(service), "`service` has no value"),
        (quote!(service, window = 3), "`service` has no value"),
        (quote!(service =), "`service` has no value"),
        (quote!(service = , window = 3), "`service` has no value"),
        (quote!(service("s")), "expected `=` after `service`"),
        (quote!(service == "s"), "expected `=` after `service`"),
        (quote!(service: "s"), "expected `=` after `service`"),
        (quote!(service = "s" window = 3), "expected a comma before this"),
    ] {
        let shown = arguments.to_string();
        let (_, messages) = read(arguments);
        let first = messages.first().map(String::as_str).unwrap_or_default();
        assert!(first.starts_with(part), "{shown}: {messages:?}");
    }
}

#[test]
fn a_wrong_key_finds_the_one_that_was_meant() {
    for (wrong, meant) in [
        ("failure_treshold", "failure_threshold"),
        ("open_timeouts", "open_timeout"),
        ("fallbck", "fallback"),
        ("health_check_failure", "health_check_failures"),
        ("criticallity", "criticality"),
        ("metric_log_interval", "metrics_log_interval"),
        ("timeout", "request_timeout"),
        ("name", "service"),
        ("max_failures", "failure_threshold"),
    ] {
        let key = quote::format_ident!("{wrong}");
        let (_, messages) = read(quote!(service = "s", #key = 1));
        assert_eq!(messages, [format!("unknown key `{wrong}`: did you mean `{meant}`?")]);
    }
}

#[test]
fn a_key_that_resembles_none_is_answered_with_the_place_of_the_list() {
    let (_, messages) = read(quote!(service = "s", colour = 1));
    let list = "the documentation of breaker-core lists all keys, in the section \"The keys\"";
    assert_eq!(messages, [format!("unknown key `colour`: {list}")]);
}
