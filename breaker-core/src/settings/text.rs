//! Durations and windows as text with a unit, in humantime's grammar, for serde.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::window::Window;
use crate::error::Human;

/// For a key that is a duration or missing.
pub(crate) mod duration {
    use super::{Deserialize, Deserializer, Duration, Human, Serialize, Serializer, Text};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
    }

    #[expect(clippy::ref_option, reason = "serde's `with` hands over a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(|value| Human(value).to_string()).serialize(serializer)
    }
}

fn parse<E: Error>(text: &str) -> Result<Duration, E> {
    checked(text)
        .map_err(|error| E::custom(format_args!("`{text}` is not a duration ({error}); write one such as \"30s\"")))
}

/// humantime's grammar. Where the parts below a second add up to exactly the one that is too many, humantime 2.4 panics
/// instead of saying so: the sum is tried first, part by part.
fn checked(text: &str) -> Result<Duration, humantime::DurationError> {
    let sum = parts(text).try_fold(Duration::ZERO, |sum, part| {
        // What can't be read is humantime's to tell.
        sum.checked_add(humantime::parse_duration(part).unwrap_or_default())
    });
    if sum.is_none() { Err(humantime::DurationError::NumberOverflow) } else { humantime::parse_duration(text) }
}

/// Each number with its unit.
fn parts(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let unit = text.find(char::is_alphabetic)?;
        let end = text[unit..].find(|c: char| !c.is_alphabetic()).map_or(text.len(), |length| unit + length);
        let (part, rest) = text.split_at(end);
        text = rest;
        Some(part)
    })
}

struct Text(Duration);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Durations;

        impl Visitor<'_> for Durations {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as \"250ms\", \"30s\" or \"1m 30s\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                parse(text).map(Text)
            }
        }

        deserializer.deserialize_str(Durations)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Windows;

        impl Visitor<'_> for Windows {
            type Value = Window;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as \"60s\", or a number of calls, such as 100")
            }

            fn visit_u64<E: Error>(self, calls: u64) -> Result<Window, E> {
                // More than fits is also more than is allowed, which is said when the settings are resolved.
                Ok(Window::Calls(u32::try_from(calls).unwrap_or(u32::MAX)))
            }

            fn visit_i64<E: Error>(self, calls: i64) -> Result<Window, E> {
                let calls = u64::try_from(calls)
                    .map_err(|_| E::custom(format_args!("window = {calls}: must be at least 1 call")))?;
                self.visit_u64(calls)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Window, E> {
                parse(text).map(Window::Time)
            }
        }

        deserializer.deserialize_any(Windows)
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Time(span) => serializer.collect_str(&Human(*span)),
            Self::Calls(calls) => serializer.serialize_u32(*calls),
        }
    }
}
