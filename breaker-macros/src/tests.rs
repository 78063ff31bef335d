//! The parts that need no compiler: what is read from the arguments, and every fault of it at once.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::{Args, KEYS};
use crate::diag::Faults;
use crate::item::Function;
use crate::model::{Fallback, Judge, Model, Refusal};
use crate::params::Pass;
use crate::protect::protect;
use crate::value::Value;

fn read(arguments: TokenStream) -> (Args, Vec<String>) {
    let mut faults = Faults::default();
    let args = Args::read(arguments, &mut faults);
    (args, faults.messages())
}

/// The faults of arguments over a function.
fn faults(arguments: TokenStream, function: TokenStream) -> Vec<String> {
    let mut faults = Faults::default();
    let function: Function = syn::parse2(function).expect("the function of a test parses");
    let args = Args::read(arguments, &mut faults);
    let is_whole = Model::new(&args, &function, &mut faults).is_some();
    let messages = faults.messages();
    assert_eq!(is_whole, messages.is_empty(), "there is a model where there is no fault");
    messages
}

fn plain(arguments: TokenStream) -> Vec<String> {
    faults(
        arguments,
        quote!(
            fn call(id: u32) -> Result<u32, Down> {
                Ok(id)
            }
        ),
    )
}

fn duration(text: &str) -> Result<Duration, String> {
    let (args, messages) = read(quote!(service = "s", open_timeout = #text));
    match args.get("open_timeout").map(|arg| &arg.value) {
        Some(Value::Duration(duration)) => Ok(*duration),
        _ => Err(messages.join("; ")),
    }
}

#[test]
fn values_are_read_as_they_are_written() {
    let (args, messages) =
        read(quote!(service = "s", failure_threshold = 1_000, failure_rate = 1, window = 16384, fail_fast = false,));
    assert!(messages.is_empty(), "{messages:?}");
    assert!(matches!(args.get("failure_threshold").map(|arg| &arg.value), Some(Value::Count(1_000))));
    assert!(matches!(args.get("failure_rate").map(|arg| &arg.value), Some(Value::Number(rate)) if *rate >= 1.0));
    assert!(matches!(args.get("window").map(|arg| &arg.value), Some(Value::Calls(16_384))));
    assert!(matches!(args.get("fail_fast").map(|arg| &arg.value), Some(Value::Bool(false))));
    assert_eq!(args.iter().count(), 5);
}

#[test]
fn durations_have_humantimes_grammar() {
    assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
    assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
    assert_eq!(duration("1ns"), Ok(Duration::from_nanos(1)));
    for wrong in ["", "0s", "30", "-1s", "1 parsec", "s"] {
        let message = duration(wrong).expect_err(wrong);
        assert!(message.contains("`open_timeout`"), "{wrong:?}: {message}");
    }
    assert_eq!(duration("18446744073709551615s 999999999ns"), Ok(Duration::MAX));
    let message = duration("18446744073709551615s 1000ms").expect_err("one second too many");
    assert!(message.contains("number is too large"), "{message}");
    assert!(duration("30").expect_err("no unit").contains("\"30s\""), "the fix is in the message");
}

#[test]
fn a_unit_without_quotes_is_not_overlooked() {
    for (argument, part) in [
        (quote!(window = 60s), "write `window = \"60s\"`"),
        (quote!(open_timeout = 1.5m), "write `open_timeout = \"1.5m\"`"),
        (quote!(failure_threshold = 5s), "write `failure_threshold = 5`"),
        (quote!(failure_rate = 0.5percent), "write `failure_rate = 0.5`"),
        (quote!(preset = "s3"x), "write `preset = \"s3\"`"),
        (quote!(criticality = "optional"x), "write `criticality = \"optional\"`"),
    ] {
        let messages = plain(quote!(service = "s", #argument));
        assert!(messages.len() == 1 && messages[0].contains(part), "{messages:?}");
    }
    assert!(plain(quote!(service = "s", failure_threshold = 5u8, failure_rate = 1f32)).is_empty());
}

#[test]
fn a_name_is_one_of_those_there_are() {
    let (args, messages) = read(quote!(service = "s", preset = "s3", criticality = "optional"));
    assert!(messages.is_empty(), "{messages:?}");
    assert!(matches!(args.get("preset").map(|arg| &arg.value), Some(Value::Preset("S3"))));
    assert!(matches!(args.get("criticality").map(|arg| &arg.value), Some(Value::Criticality("Optional"))));
    for (argument, message) in [
        (
            quote!(criticality = "Optionl"),
            "unknown criticality `Optionl`: did you mean `\"optional\"`? The values are `\"critical\"` and `\"optional\"`",
        ),
        (quote!(criticality = "x"), "unknown criticality `x`: The values are `\"critical\"` and `\"optional\"`"),
        (
            quote!(criticality = Optional),
            "`criticality` is a string: write `criticality = \"critical\"` or `\"optional\"`",
        ),
        (quote!(preset = 1), "`preset` is a string: write `preset = \"database\"`, `\"cache\"` or `\"s3\"`"),
    ] {
        assert_eq!(plain(quote!(service = "s", #argument)), [message]);
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
fn a_key_that_resembles_none_is_answered_with_all_of_them() {
    let (_, messages) = read(quote!(service = "s", colour = 1));
    assert!(KEYS.iter().all(|(key, _)| messages[0].contains(&format!("`{key}`"))), "{messages:?}");
}

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
        "`failure_threshold` is at least 1",
        "write `failure_rate = 0.5`, not `50`",
        "write `open_timeout = \"30s\"`",
        "unknown key `colour`",
        "`failure_threshold` is given twice",
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
fn keys_that_contradict_each_other_are_one_fault() {
    for arguments in [
        quote!(slow_call_duration = "1s", slow_call_rate = 0.5, response_times = false),
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
    assert!(plain(quote!(service = "s", open_timeout_max = "1s")).is_empty(), "a default gives way");
}

#[test]
fn a_fallback_gets_what_its_parameters_allow() {
    let function: Function = syn::parse2(quote! {
        fn call(&mut self, shared: &str, lent: &mut Vec<u8>, kept: String, unnamed: Secret) -> Result<u32, Down> { }
    })
    .expect("the function of a test parses");
    let passes = |arguments: TokenStream| -> Vec<(String, Pass)> {
        let mut faults = Faults::default();
        let args = Args::read(arguments, &mut faults);
        let model = Model::new(&args, &function, &mut faults).expect("no fault");
        model.parameters.iter().map(|parameter| (parameter.name.to_string(), parameter.pass)).collect()
    };
    let named = |name: &str, pass| (name.to_owned(), pass);
    assert_eq!(passes(quote!(service = "s")), []);
    assert_eq!(
        passes(quote!(service = "s", fallback = |kept| Ok(format!("{shared} {lent:?} {kept}")))),
        [named("shared", Pass::Shared), named("lent", Pass::Lent)],
        "the closure's own argument hides a parameter"
    );
    assert_eq!(
        passes(quote!(service = "s", fallback = Self::other)),
        [
            named("self", Pass::Lent),
            named("shared", Pass::Shared),
            named("lent", Pass::Lent),
            named("kept", Pass::Kept),
            named("unnamed", Pass::Kept)
        ]
    );
    assert_eq!(passes(quote!(service = "s", fallback = other)).len(), 4, "a path that isn't on `Self` gets no self");
}

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
            "not `struct`",
        ),
        (quote!(impl S { fn f() {} }), "not `impl`"),
        (quote!(unsafe impl S { }), "not `impl`"),
        (
            quote!(
                pub trait T {
                    fn f();
                }
            ),
            "not `trait`",
        ),
        (
            quote!(
                mod m {}
            ),
            "not `mod`",
        ),
        (
            quote!(
                static S: u8 = 1;
            ),
            "not `static`",
        ),
    ] {
        let tokens = protect(quote!(service = "s"), item.clone()).to_string();
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
    let tokens = protect(quote!(service = ""), function.clone()).to_string();
    assert!(tokens.ends_with(&function.to_string()), "{tokens}");
}

#[test]
fn what_is_no_pair_is_told_what_it_lacks() {
    for (arguments, part) in [
        (quote!("s3"), "name the key: write `service = \"s3\"`"),
        (quote!(5), "expected `key = value`, as in `service = \"s3\"`"),
        (quote!(, service = "s"), "there is a comma too many here"),
        (quote!(; service = "s"), "expected `key = value`"),
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

/// What is made of the arguments over a method, with the faults.
fn with_model<T>(arguments: &TokenStream, look: impl FnOnce(&Model<'_>) -> T) -> T {
    let method = quote!(
        fn call(&self, id: u32) -> Result<u32, Down> {
            Ok(id)
        }
    );
    let function: Function = syn::parse2(method).expect("the function of a test parses");
    let mut faults = Faults::default();
    let args = Args::read(quote!(service = "s", #arguments), &mut faults);
    let model = Model::new(&args, &function, &mut faults);
    look(&model.unwrap_or_else(|| panic!("{:?}", faults.messages())))
}

#[test]
fn a_result_is_judged_by_what_is_given() {
    let judged = |arguments: TokenStream| {
        with_model(&arguments, |model| match &model.judge {
            Judge::Plain => "plain",
            Judge::ByResult(_) => "by result",
            Judge::ByError { ignore_if: Some(_), failure_if: Some(_) } => "by both",
            Judge::ByError { ignore_if: Some(_), failure_if: None } => "by ignore_if",
            Judge::ByError { ignore_if: None, failure_if: Some(_) } => "by failure_if",
            Judge::ByError { ignore_if: None, failure_if: None } => "by nothing",
        })
    };
    assert_eq!(judged(quote!()), "plain");
    assert_eq!(judged(quote!(classify = judge)), "by result");
    assert_eq!(judged(quote!(ignore_if = a)), "by ignore_if");
    assert_eq!(judged(quote!(failure_if = a)), "by failure_if");
    assert_eq!(judged(quote!(ignore_if = a, failure_if = b)), "by both");
}

#[test]
fn a_refusal_degrades_only_where_nothing_else_answers() {
    let refused = |arguments: TokenStream| {
        with_model(&arguments, |model| match &model.refusal {
            Refusal::Convert => "convert",
            Refusal::Degrade => "degrade",
            Refusal::Map(_) => "map",
        })
    };
    assert_eq!(refused(quote!()), "convert");
    assert_eq!(refused(quote!(map_error = to_down)), "map");
    assert_eq!(refused(quote!(preset = "database")), "convert");
    for degrades in [quote!(fail_fast = false), quote!(preset = "cache")] {
        assert_eq!(refused(degrades.clone()), "degrade");
        assert_eq!(refused(quote!(#degrades, fallback = cached)), "convert", "the fallback answers");
        assert_eq!(refused(quote!(#degrades, fallback = cached, map_error = to_down)), "map");
    }
    assert_eq!(refused(quote!(preset = "cache", fail_fast = true)), "convert", "what is said beats the preset");
    assert_eq!(refused(quote!(preset = "cache", fail_fast = true, map_error = to_down)), "map");
}

#[test]
fn a_fallback_on_self_gets_self() {
    let gets_self = |arguments: TokenStream| {
        with_model(&arguments, |model| match &model.fallback {
            Some(Fallback::Path { with_self, .. }) => Some(*with_self),
            _ => None,
        })
    };
    assert_eq!(gets_self(quote!(fallback = |error| Err(error))), None);
    for (path, expected) in [
        (quote!(cached), false),
        (quote!(Self::cached), true),
        (quote!(Self), false),
        (quote!(other::cached), false),
        (quote!(<Self as Cache>::cached), true),
        (quote!(<Other as Cache>::cached), false),
    ] {
        let shown = path.to_string();
        assert_eq!(gets_self(quote!(fallback = #path)), Some(expected), "{shown}");
    }
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
