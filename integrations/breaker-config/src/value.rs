//! One value as it is written, made into [`Settings`] with that one key. The core's own `Deserialize` reads it, so that
//! a duration means the same everywhere; what is special to text without types is said here.

mod numbers;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use breaker_core::{ConfigFault, Criticality, Preset, Settings};
use serde::de::value::{Error, MapDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::fault::shown;
use numbers::{as_count, as_number, loose, number, switch, whole, with_unit};

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
        Kind::Window | Kind::Duration | Kind::Preset | Kind::Criticality => return quoted(key, text),
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
        Kind::Preset => named::<Preset>(key, text),
        Kind::Criticality => named::<Criticality>(key, text),
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

/// One of a few names, which the core knows.
fn named<T: FromStr<Err = ConfigFault>>(key: &'static str, text: &str) -> Result<Settings, Wrong> {
    text.parse::<T>().map_err(|fault| Wrong { allowed: fault.allowed, fix: fault.fix })?;
    read(key, Typed::Text(text)).map_err(|_| Kind::of(key).wrong(None))
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
pub(crate) enum Kind {
    Count,
    Number,
    Switch,
    Duration,
    Window,
    Preset,
    Criticality,
}

impl Kind {
    pub(crate) fn of(key: &'static str) -> Self {
        static KINDS: LazyLock<BTreeMap<&'static str, Kind>> =
            LazyLock::new(|| Settings::KEYS.iter().map(|key| (*key, Kind::find(key))).collect());
        KINDS[key]
    }

    /// Found out by trying, so that there is no second table of keys beside the core's; once, for most attempts make an
    /// error, and a big file would spend half its time on them.
    fn find(key: &'static str) -> Self {
        let takes = |sample| read(key, sample).is_ok();
        match (takes(Typed::Text("1s")), takes(Typed::Whole(1))) {
            (true, true) => Self::Window,
            (true, false) => Self::Duration,
            (false, true) if takes(Typed::Number(0.5)) => Self::Number,
            (false, true) => Self::Count,
            (false, false) if takes(Typed::Switch(true)) => Self::Switch,
            (false, false) if takes(Typed::Text(Criticality::Critical.as_str())) => Self::Criticality,
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
            Self::Criticality => "must be critical or optional".to_owned(),
        };
        Wrong { allowed, fix: written.map_or_else(|| self.fix(), |written| format!("write {written}")) }
    }

    pub(crate) fn fix(self) -> String {
        match self {
            Self::Count => "write a whole number, such as 5",
            Self::Number => "write a number, such as 1",
            Self::Switch => "write true or false",
            Self::Duration => "write a duration with its unit, such as 30s",
            Self::Window => "write a duration with its unit, such as 60s, or a number of calls, such as 100",
            Self::Preset => "write database, cache or s3",
            Self::Criticality => "write critical or optional",
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

#[derive(Clone, Copy)]
pub(crate) enum Typed<'a> {
    Text(&'a str),
    Whole(u64),
    Number(f64),
    Switch(bool),
}

pub(crate) fn read(key: &'static str, value: Typed<'_>) -> Result<Settings, Error> {
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

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => text.into_deserializer().deserialize_enum(name, variants, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
