//! One value as it is written, made into [`Settings`] with that one key. The core's own `Deserialize` reads it, so that
//! a duration means the same everywhere; what is special to text without types is said here.

use breaker_core::{Preset, Settings};
use serde::de::value::{Error, MapDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::fault::shown;

/// A value that its key can't take: what it can, and what to write.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) allowed: String,
    pub(crate) fix: String,
}

/// `text` as it stands without quotes; variables of the environment have none.
pub(crate) fn plain(key: &'static str, text: &str) -> Result<Settings, Wrong> {
    let kind = Kind::of(key);
    if text.is_empty() || matches!(text, "~" | "null" | "Null" | "NULL") {
        return Err(nothing(key));
    }
    let typed = match kind {
        Kind::Count => whole(text).map(Typed::Whole).ok_or_else(|| kind.wrong(as_count(text)))?,
        Kind::Number => number(text).map(Typed::Number).ok_or_else(|| kind.wrong(as_number(text)))?,
        Kind::Switch => switch(text).map(Typed::Switch).ok_or_else(|| kind.wrong(None))?,
        Kind::Window if loose(text).is_some() => {
            whole(text).map(Typed::Whole).ok_or_else(|| kind.wrong(as_count(text)))?
        }
        Kind::Window | Kind::Duration | Kind::Preset => return quoted(key, text),
    };
    read(key, typed).map_err(|_| kind.wrong(None))
}

/// The same, in quotes: always text.
pub(crate) fn quoted(key: &'static str, text: &str) -> Result<Settings, Wrong> {
    let kind = Kind::of(key);
    match kind {
        Kind::Count | Kind::Number | Kind::Switch => {
            let bare = plain(key, text).is_ok().then(|| format!("write {} without quotes", shown(text)));
            Err(Wrong { fix: bare.unwrap_or_else(|| kind.fix()), ..kind.wrong(None) })
        }
        Kind::Preset => text
            .parse::<Preset>()
            .map(|preset| Settings { preset: Some(preset), ..Settings::NONE })
            .map_err(|fault| Wrong { allowed: fault.allowed, fix: fault.fix }),
        Kind::Window if whole(text).is_some() => {
            let fix = format!("write {text} without quotes for a number of calls, or a duration such as {text}s");
            Err(Wrong { fix, ..kind.wrong(None) })
        }
        Kind::Window | Kind::Duration => match loose(text) {
            Some(seconds) => Err(Wrong { fix: with_unit(seconds), ..kind.wrong(None) }),
            None => read(key, Typed::Text(text)).map_err(|error| explained(kind, text, &error)),
        },
    }
}

/// Null, or nothing at all.
pub(crate) fn nothing(key: &'static str) -> Wrong {
    let kind = Kind::of(key);
    Wrong { fix: format!("{}, or leave the key out", kind.fix()), ..kind.wrong(None) }
}

/// A map or a list, where one value is due.
pub(crate) fn no_value(key: &'static str) -> Wrong {
    Kind::of(key).wrong(None)
}

/// What a key takes.
#[derive(Clone, Copy)]
enum Kind {
    Count,
    Number,
    Switch,
    Duration,
    Window,
    Preset,
}

impl Kind {
    /// Found out by trying, so that there is no second table of keys beside the core's.
    fn of(key: &'static str) -> Self {
        let takes = |sample| read(key, sample).is_ok();
        match (takes(Typed::Text("1s")), takes(Typed::Whole(1))) {
            (true, true) => Self::Window,
            (true, false) => Self::Duration,
            (false, true) if takes(Typed::Number(0.5)) => Self::Number,
            (false, true) => Self::Count,
            (false, false) if takes(Typed::Switch(true)) => Self::Switch,
            (false, false) => Self::Preset,
        }
    }

    fn wrong(self, written: Option<String>) -> Wrong {
        let allowed = match self {
            Self::Count => format!("must be a whole number from 1 to {}", u32::MAX),
            Self::Number => "must be a number".to_owned(),
            Self::Switch => "must be true or false".to_owned(),
            Self::Duration => "must be a duration".to_owned(),
            Self::Window => {
                format!("must be a duration, or a number of calls from 1 to {}", Settings::MAX_WINDOW_CALLS)
            }
            Self::Preset => "must be the name of a preset".to_owned(),
        };
        Wrong { allowed, fix: written.map_or_else(|| self.fix(), |written| format!("write {written}")) }
    }

    fn fix(self) -> String {
        match self {
            Self::Count => "write a whole number, such as 5",
            Self::Number => "write a number, such as 1",
            Self::Switch => "write true or false",
            Self::Duration => "write a duration with its unit, such as 30s",
            Self::Window => "write a duration with its unit, such as 60s, or a number of calls, such as 100",
            Self::Preset => "write database, cache or s3",
        }
        .to_owned()
    }
}

/// The core's message has what is wrong first, then what to write. It repeats the text, which must fit on a line.
fn explained(kind: Kind, text: &str, error: &Error) -> Wrong {
    let message = error.to_string();
    match message.rsplit_once("; ") {
        Some((allowed, fix)) if shown(text) == text => Wrong { allowed: allowed.to_owned(), fix: fix.to_owned() },
        _ => kind.wrong(None),
    }
}

fn with_unit(seconds: f64) -> String {
    let example = match seconds {
        seconds if seconds >= 1.0 && seconds.fract() == 0.0 => format!("{seconds}s"),
        seconds if seconds >= 0.001 => format!("{}ms", (seconds * 1000.0).round()),
        _ => "30s".to_owned(),
    };
    format!("write a duration with its unit, such as {example}")
}

/// Digits, and no zero before them: `010` is ten to some and eight to others.
fn whole(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

fn number(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches('-');
    let padded = digits.starts_with('0') && digits[1..].starts_with(|next: char| next.is_ascii_digit());
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        // Rust's grammar knows `inf` and `nan`, which are words in YAML.
        _ if digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') && !padded => text.parse().ok(),
        _ => None,
    }
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// What was meant by `1_000`, `030`, `0x1F`, `+5` or `0,5`.
fn loose(text: &str) -> Option<f64> {
    let bare: String = text.trim().replace(['_', '\'', ' '], "").replace(',', ".");
    let radix = |prefix, radix| u32::from_str_radix(bare.strip_prefix(prefix)?, radix).ok().map(f64::from);
    let numeric = bare.trim_start_matches(['+', '-']).starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let value = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| bare.parse().ok().filter(|_| numeric))?;
    value.is_finite().then_some(value)
}

fn as_count(text: &str) -> Option<String> {
    let value = loose(text).filter(|value| value.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(value))?;
    Some(value.to_string())
}

fn as_number(text: &str) -> Option<String> {
    let share = text.strip_suffix('%').and_then(loose).map(|percent| percent / 100.0);
    Some(share.or_else(|| loose(text))?.to_string())
}

#[derive(Clone, Copy)]
enum Typed<'a> {
    Text(&'a str),
    Whole(u64),
    Number(f64),
    Switch(bool),
}

fn read(key: &'static str, value: Typed<'_>) -> Result<Settings, Error> {
    Settings::deserialize(MapDeserializer::new(std::iter::once((key, value))))
}

impl IntoDeserializer<'_> for Typed<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Typed<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_str(text),
            Self::Whole(whole) => visitor.visit_u64(whole),
            Self::Number(number) => visitor.visit_f64(number),
            Self::Switch(switch) => visitor.visit_bool(switch),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
