//! The value of each kind of key.

use std::time::Duration;

use quote::quote;

use super::{plain, read};
use crate::value::{Value, Window};

#[test]
fn values_are_read_as_they_are_written() {
    let (args, messages) =
        read(quote!(service = "s", failure_threshold = 1_000, failure_rate = 1, window = 16384, fail_fast = false,));
    assert!(messages.is_empty(), "{messages:?}");
    assert!(matches!(args.get("failure_threshold").map(|arg| &arg.value), Some(Value::Count(1_000))));
    assert!(matches!(args.get("failure_rate").map(|arg| &arg.value), Some(Value::Number(rate)) if *rate >= 1.0));
    assert!(matches!(args.get("window").map(|arg| &arg.value), Some(Value::Window(Window::Calls(16_384)))));
    assert!(matches!(args.get("fail_fast").map(|arg| &arg.value), Some(Value::Flag(false))));
    assert_eq!(args.iter().count(), 5);
}

fn duration(text: &str) -> Result<Duration, String> {
    let (args, messages) = read(quote!(service = "s", open_timeout = #text));
    match args.get("open_timeout").map(|arg| &arg.value) {
        Some(Value::Duration(duration)) => Ok(*duration),
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
    assert!(matches!(args.get("preset").map(|arg| &arg.value), Some(Value::Choice { variant: "S3", .. })));
    assert!(matches!(args.get("criticality").map(|arg| &arg.value), Some(Value::Choice { variant: "Optional", .. })));
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
