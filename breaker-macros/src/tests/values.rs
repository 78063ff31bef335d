//! The value of each kind of key.

use std::time::Duration;

use quote::quote;

use super::{plain, read};
use crate::value::{Setting, Value};

#[test]
fn values_are_read_as_they_are_written() {
    let (args, messages) =
        read(quote!(service = "s", failure_threshold = 1_000, failure_rate = 1, window = 16384, fail_fast = false,));
    assert!(messages.is_empty(), "{messages:?}");
    assert!(matches!(args.get("failure_threshold").map(|arg| &arg.value), Some(Value::Setting(Setting::Count(1_000)))));
    assert!(
        matches!(args.get("failure_rate").map(|arg| &arg.value), Some(Value::Setting(Setting::Number(rate))) if *rate >= 1.0)
    );
    assert!(matches!(args.get("window").map(|arg| &arg.value), Some(Value::Setting(Setting::Calls(16_384)))));
    assert!(matches!(args.get("fail_fast").map(|arg| &arg.value), Some(Value::Setting(Setting::Flag(false)))));
    assert_eq!(args.iter().count(), 5);
}

fn duration(text: &str) -> Result<Duration, String> {
    let (args, messages) = read(quote!(service = "s", open_timeout = #text));
    match args.get("open_timeout").map(|arg| &arg.value) {
        Some(Value::Setting(Setting::Duration(duration))) => Ok(*duration),
        _ => Err(messages.join("; ")),
    }
}

#[test]
fn durations_have_humantimes_grammar() {
    assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
    assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
    assert_eq!(duration("1ns"), Ok(Duration::from_nanos(1)));
    for wrong in ["", "0s", "30", "-1s", "1 parsec", "s"] {
        let message = duration(wrong).expect_err(wrong);
        assert!(message.starts_with('`'), "{wrong:?}: {message}");
    }
    assert_eq!(duration("18446744073709551615s 999999999ns"), Ok(Duration::MAX));
    let message = duration("18446744073709551615s 1000ms").expect_err("one second too many");
    assert!(message.contains("longer than a duration can be"), "{message}");
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
    assert!(matches!(args.get("preset").map(|arg| &arg.value), Some(Value::Setting(Setting::Name("s3")))));
    assert!(matches!(args.get("criticality").map(|arg| &arg.value), Some(Value::Setting(Setting::Name("optional")))));
    for (argument, message) in [
        (
            quote!(criticality = "Optionl"),
            "unknown criticality `Optionl`: did you mean `\"optional\"`? The values are `\"critical\"` and `\"optional\"`",
        ),
        (quote!(criticality = "x"), "unknown criticality `x`: the values are `\"critical\"` and `\"optional\"`"),
        (
            quote!(criticality = Optional),
            "`criticality` must be a literal, because it is checked at compile time: write `criticality = \"critical\"` or `\"optional\"`",
        ),
        (
            quote!(preset = 1),
            "`preset` must be one of its names: write `preset = \"database\"`, `\"cache\"` or `\"s3\"`",
        ),
    ] {
        assert_eq!(plain(quote!(service = "s", #argument)), [message]);
    }
}

#[test]
fn what_is_wrong_is_in_the_words_of_the_table() {
    for (argument, message) in [
        (quote!(failure_threshold = 0), "`failure_threshold` must be at least 1: write `failure_threshold = 5`"),
        (quote!(failure_threshold = -1), "`failure_threshold` must be at least 1: write `failure_threshold = 5`"),
        (
            quote!(failure_threshold = "7"),
            "`failure_threshold` must be a whole number, without quotes: write `failure_threshold = 7`",
        ),
        (quote!(open_timeout = 0), "`open_timeout` must be longer than zero: write `open_timeout = \"30s\"`"),
        (quote!(open_timeout = 30), "`open_timeout` needs a unit: write `open_timeout = \"30s\"` or `\"30ms\"`"),
        (quote!(open_timeout = 30.5), "`open_timeout` needs a unit: write `open_timeout = \"30s 500ms\"`"),
        (quote!(open_timeout = "3 parsecs"), "`parsecs` is not a unit: use ns, us, ms, s, m, h, d"),
        (quote!(open_timeout = "1 year"), "`year` is not a unit: use ns, us, ms, s, m, h, d"),
        (
            quote!(window = "100"),
            "`window` needs a unit, or no quotes: write `window = 100` for calls, `\"100s\"` for time",
        ),
        (
            quote!(open_timeout_jitter = 2.0),
            "`open_timeout_jitter` must be at least 0 and at most 1: write `open_timeout_jitter = 0.2`",
        ),
        (
            quote!(open_timeout_jitter = 20),
            "`open_timeout_jitter` must be at least 0 and at most 1: write `open_timeout_jitter = 0.2`",
        ),
        (quote!(failure_rate = 2.0), "`failure_rate` must be above 0 and at most 1: write `failure_rate = 0.5`"),
        (quote!(failure_rate = 5), "`failure_rate` must be above 0 and at most 1: write `failure_rate = 0.05`"),
        (
            quote!(preset = "postgres"),
            "unknown preset `postgres`: the presets are `\"database\"`, `\"cache\"` and `\"s3\"`",
        ),
        (quote!(fallback = self.cached), "`fallback` must be a path or a closure: write `fallback = Self::cached`"),
        (quote!(fallback = self.cached()), "`fallback` must be a path or a closure: write `fallback = Self::cached`"),
        (quote!(fallback = Ok(1)), "`fallback` must be a path or a closure: write `fallback = |_| Ok(1)`"),
        (quote!(fallback = cache::get(1)), "`fallback` must be a path or a closure: write `fallback = cache::get`"),
        (quote!(crate = super::x), "`crate` must be an absolute path: write `crate::…` or `::name`"),
        (quote!(crate = x::y), "`crate` must be an absolute path: write `crate = ::x::y`"),
    ] {
        assert_eq!(plain(quote!(service = "s", #argument)), [message]);
    }
    assert!(plain(quote!(service = "s", fallback = (|error| Err(error)))).is_empty(), "parentheses are ignored");
}

#[test]
fn off_is_a_word_of_the_keys_that_can_be() {
    for argument in [quote!(failure_threshold = off), quote!(request_timeout = off), quote!(slow_call_duration = off)] {
        assert!(plain(quote!(service = "s", #argument)).is_empty(), "{argument}");
    }
    for (argument, message) in [
        (quote!(success_threshold = off), "`success_threshold` can't be off: write `success_threshold = 5`"),
        (quote!(failure_rate = "off"), "`off` must be written without quotes: `failure_rate = off`"),
    ] {
        assert_eq!(plain(quote!(service = "s", #argument)), [message]);
    }
}

#[test]
fn the_reserved_name_is_no_service() {
    let fault = "`defaults` is reserved for the values that all services inherit: give the service another name";
    assert_eq!(plain(quote!(service = "defaults")), [fault]);
    assert!(plain(quote!(service = "defaults2")).is_empty());
}
