//! Keys that contradict each other. Only keys that are written can: presets and defaults give way.

use std::time::Duration;

use humantime::format_duration;

use crate::args::Args;
use crate::faults::Faults;
use crate::value::{Value, Window};

/// Reports each conflict on one of its keys.
pub(crate) fn check(args: &Args, faults: &mut Faults) {
    slow_calls(args, faults);
    durations(args, faults);
    classifiers(args, faults);
    window_length(args, faults);
}

fn on(key: &str, args: &Args, faults: &mut Faults, message: impl std::fmt::Display) {
    if let Some(arg) = args.get(key) {
        faults.on(&arg.key, message);
    }
}

fn slow_calls(args: &Args, faults: &mut Faults) {
    let has_duration = args.is_written("slow_call_duration");
    if !has_duration {
        let message = "`slow_call_rate` needs to know what is slow: add `slow_call_duration = \"1s\"`";
        on("slow_call_rate", args, faults, message);
    }
    if let Some(Value::Flag(false)) = args.get("response_times").map(|arg| &arg.value) {
        let first = if has_duration { "slow_call_duration" } else { "slow_call_rate" };
        let message =
            format_args!("`{first}` needs the calls to be measured: remove `response_times = false`, or `{first}`");
        on(first, args, faults, message);
    }
}

fn durations(args: &Args, faults: &mut Faults) {
    if let Some((slow, timeout)) = if_longer(args, "slow_call_duration", "request_timeout") {
        let (slow, timeout) = (format_duration(slow), format_duration(timeout));
        let message = format_args!(
            "no call could be slow: it is cancelled after {timeout} (`request_timeout`), before `slow_call_duration` of {slow}. Make one shorter than the other"
        );
        on("slow_call_duration", args, faults, message);
    }
    if let Some((open, max)) = if_longer(args, "open_timeout", "open_timeout_max") {
        let (open, max) = (format_duration(open), format_duration(max));
        let message = format_args!(
            "`open_timeout_max` of {max} is shorter than `open_timeout` of {open}: make it at least as long"
        );
        on("open_timeout_max", args, faults, message);
    }
    if let Some((timeout, interval)) = if_longer(args, "health_check_timeout", "health_check_interval") {
        let (timeout, interval) = (format_duration(timeout), format_duration(interval));
        let message = format_args!(
            "a health check may take {timeout} (`health_check_timeout`) but runs every {interval} (`health_check_interval`): the timeout must not be the longer"
        );
        on("health_check_timeout", args, faults, message);
    }
}

/// Both durations, if the first is longer than the second.
fn if_longer(args: &Args, first: &str, second: &str) -> Option<(Duration, Duration)> {
    let duration = |key| match args.get(key)?.value {
        Value::Duration(duration) => Some(duration),
        _ => None,
    };
    Some((duration(first)?, duration(second)?)).filter(|(first, second)| first > second)
}

fn classifiers(args: &Args, faults: &mut Faults) {
    if args.is_written("classify") {
        for key in ["failure_if", "ignore_if"] {
            let message =
                format_args!("`{key}` beside `classify`, which already judges every result: remove one of them");
            on(key, args, faults, message);
        }
    }
}

/// A window that never holds as many calls as a rule needs.
fn window_length(args: &Args, faults: &mut Faults) {
    let Some(Value::Window(Window::Calls(calls))) = args.get("window").map(|arg| &arg.value) else {
        return;
    };
    for key in ["minimum_requests", "failure_threshold"] {
        let Some(Value::Count(needed)) = args.get(key).map(|arg| &arg.value) else { continue };
        if needed > calls {
            let message = format_args!(
                "a window of {calls} calls never holds {needed}: make `{key}` at most {calls}, or `window` at least {needed}"
            );
            on(key, args, faults, message);
        }
    }
}
