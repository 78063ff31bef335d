//! The table of keys: their names, and the kind of value that each takes.

use crate::nearest::nearest;

/// One key of the attribute.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// The kind of value that a key takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A string that is not empty.
    Text,
    /// One of a few names.
    Choice(&'static Choices),
    /// `u32`, at least 1.
    Count,
    /// 0 < x <= 1.
    Share,
    /// At least 1 and finite.
    Factor,
    /// 0 <= x <= 1.
    Jitter,
    Duration,
    /// A duration, or a number of calls from 1 to [`MAX_WINDOW_CALLS`].
    Window,
    Flag,
    /// A path or a closure with one argument.
    Callable {
        example: &'static str,
    },
    CratePath,
}

/// The names that a key takes: the variants of an enum of the runtime crate.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Choices {
    /// The enum.
    pub(crate) type_name: &'static str,
    /// What messages call the names.
    pub(crate) plural: &'static str,
    /// Each name with its variant.
    pub(crate) variants: &'static [(&'static str, &'static str)],
}

/// The longest window by count, as the runtime crate has it.
pub(crate) const MAX_WINDOW_CALLS: u32 = 16_384;

const PRESETS: Choices = Choices {
    type_name: "Preset",
    plural: "presets",
    variants: &[("database", "Database"), ("cache", "Cache"), ("s3", "S3")],
};

const CRITICALITIES: Choices = Choices {
    type_name: "Criticality",
    plural: "values",
    variants: &[("critical", "Critical"), ("optional", "Optional")],
};

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind }
}

const fn callable(name: &'static str, example: &'static str) -> Key {
    Key { name, kind: Kind::Callable { example } }
}

/// Every key of the attribute. The order is that of the documentation.
pub(crate) const KEYS: &[Key] = &[
    key("service", Kind::Text),
    key("preset", Kind::Choice(&PRESETS)),
    key("failure_threshold", Kind::Count),
    key("consecutive_failures", Kind::Count),
    key("failure_rate", Kind::Share),
    key("slow_call_duration", Kind::Duration),
    key("slow_call_rate", Kind::Share),
    key("minimum_requests", Kind::Count),
    key("window", Kind::Window),
    key("open_timeout", Kind::Duration),
    key("open_timeout_multiplier", Kind::Factor),
    key("open_timeout_max", Kind::Duration),
    key("open_timeout_jitter", Kind::Jitter),
    key("success_threshold", Kind::Count),
    key("half_open_max_calls", Kind::Count),
    key("half_open_timeout", Kind::Duration),
    key("request_timeout", Kind::Duration),
    key("fail_fast", Kind::Flag),
    key("response_times", Kind::Flag),
    key("enable_health_check", Kind::Flag),
    key("health_check_interval", Kind::Duration),
    key("health_check_timeout", Kind::Duration),
    key("health_check_failures", Kind::Count),
    key("criticality", Kind::Choice(&CRITICALITIES)),
    key("metrics_log_interval", Kind::Duration),
    callable("fallback", "fallback = from_cache` or `fallback = |error| …"),
    callable("failure_if", "failure_if = |error| error.is_fatal()"),
    callable("ignore_if", "ignore_if = |error| error.is_not_found()"),
    callable("classify", "classify = |result| Outcome::Success"),
    callable("map_error", "map_error = |error| MyError::from(error)"),
    key("crate", Kind::CratePath),
];

/// Names that other libraries use for our keys.
const SYNONYMS: &[(&str, &str)] = &[
    ("name", "service"),
    ("timeout", "request_timeout"),
    ("call_timeout", "request_timeout"),
    ("max_failures", "failure_threshold"),
    ("threshold", "failure_threshold"),
    ("reset_timeout", "open_timeout"),
    ("recovery_timeout", "open_timeout"),
    ("sliding_window", "window"),
    ("window_size", "window"),
    ("minimum_calls", "minimum_requests"),
    ("min_requests", "minimum_requests"),
    ("on_error", "fallback"),
    ("ignore", "ignore_if"),
    ("failure_rate_threshold", "failure_rate"),
    ("slow_call_rate_threshold", "slow_call_rate"),
    ("slow_call_duration_threshold", "slow_call_duration"),
];

/// The key of this name, or the message for an unknown one.
pub(crate) fn find(written: &str) -> Result<&'static Key, String> {
    KEYS.iter().find(|key| key.name == written).ok_or_else(|| unknown(written))
}

fn unknown(written: &str) -> String {
    let names = KEYS.iter().map(|key| key.name);
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == written).map(|(_, ours)| *ours);
    match synonym.or_else(|| nearest(written, names.clone())) {
        Some(name) => format!("unknown key `{written}`: did you mean `{name}`?"),
        None => format!(
            "unknown key `{written}`; the keys are {}",
            names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}
