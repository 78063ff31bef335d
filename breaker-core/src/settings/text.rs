//! Serializes and deserializes settings. Durations and windows are text with a unit.

use std::fmt;
use std::time::Duration;

use breaker_keys::{Human, Key, Kind, Notation, Value, Written};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::fields::Settings;
use super::window::Window;

/// Parses one number with its unit, in humantime's grammar.
fn part(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

fn read<E: Error>(key: &'static Key, written: Written<'_>) -> Result<Value, E> {
    breaker_keys::read(key, written, &part).map_err(|fault| match (key.kind, written) {
        (Kind::Choice, Written::Quoted(text)) => E::unknown_variant(text, key.names),
        _ => E::custom(fault.to_string(Notation::Plain, key.name)),
    })
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Settings", Self::KEYS, Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings of a service")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
        let mut settings = Settings::NONE;
        while let Some(written) = map.next_key::<String>()? {
            let key = breaker_keys::setting(&written).map_err(|_| A::Error::unknown_field(&written, Settings::KEYS))?;
            if settings.get(key).is_some() {
                return Err(A::Error::duplicate_field(key.name));
            }
            if let Some(value) = map.next_value_seed(OptionalValue(key))? {
                settings.set(key, value);
            }
        }
        Ok(settings)
    }
}

/// The value of a key, or null.
#[derive(Clone, Copy)]
struct OptionalValue(&'static Key);

impl<'de> DeserializeSeed<'de> for OptionalValue {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for OptionalValue {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneValue(self.0).expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        OneValue(self.0).deserialize(deserializer).map(Some)
    }
}

/// The value of a key.
#[derive(Clone, Copy)]
struct OneValue(&'static Key);

impl<'de> DeserializeSeed<'de> for OneValue {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0.kind {
            // It is text if it is `off`.
            _ if self.0.off => deserializer.deserialize_any(self),
            Kind::Count => deserializer.deserialize_u32(self),
            Kind::Share | Kind::Factor => deserializer.deserialize_f64(self),
            Kind::Flag => deserializer.deserialize_bool(self),
            Kind::Window => deserializer.deserialize_any(self),
            _ => deserializer.deserialize_str(self),
        }
    }
}

impl Visitor<'_> for OneValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.kind {
            Kind::Count => "a whole number",
            Kind::Share | Kind::Factor => "a number",
            Kind::Flag => "true or false",
            Kind::Window => "a duration with its unit, such as \"60s\", or a number of calls, such as 100",
            Kind::Duration => "a duration with its unit, such as \"250ms\", \"30s\" or \"1m 30s\"",
            _ => "a name",
        })
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        match self.0.kind {
            Kind::Flag => Ok(Value::Flag(flag)),
            _ => Err(E::invalid_type(Unexpected::Bool(flag), &self)),
        }
    }

    fn visit_u64<E: Error>(self, whole: u64) -> Result<Value, E> {
        match (self.0.kind, u32::try_from(whole)) {
            (Kind::Count, _) => read(self.0, Written::Plain(&whole.to_string())),
            // A number that doesn't fit is out of range, which is reported when the settings are resolved.
            (Kind::Window, calls) => Ok(Value::Calls(calls.unwrap_or(u32::MAX))),
            #[expect(clippy::cast_precision_loss, reason = "a number so large is out of every range")]
            (Kind::Share | Kind::Factor, _) => Ok(Value::Number(whole as f64)),
            _ => Err(E::invalid_type(Unexpected::Unsigned(whole), &self)),
        }
    }

    fn visit_i64<E: Error>(self, whole: i64) -> Result<Value, E> {
        match (self.0.kind, u64::try_from(whole)) {
            (_, Ok(whole)) => self.visit_u64(whole),
            (Kind::Count | Kind::Window, Err(_)) => read(self.0, Written::Plain(&whole.to_string())),
            #[expect(clippy::cast_precision_loss, reason = "a number below zero is out of every range")]
            (Kind::Share | Kind::Factor, Err(_)) => Ok(Value::Number(whole as f64)),
            _ => Err(E::invalid_type(Unexpected::Signed(whole), &self)),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        match self.0.kind {
            Kind::Share | Kind::Factor => Ok(Value::Number(number)),
            _ => Err(E::invalid_type(Unexpected::Float(number), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        match self.0.kind {
            _ if self.0.off && text == "off" => Ok(Value::Off),
            Kind::Duration | Kind::Window | Kind::Choice => read(self.0, Written::Quoted(text)),
            _ => Err(E::invalid_type(Unexpected::Str(text), &self)),
        }
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values().count()))?;
        for (key, value) in self.values() {
            match value {
                Value::Count(count) | Value::Calls(count) => map.serialize_entry(key.name, &count)?,
                Value::Number(number) => map.serialize_entry(key.name, &number)?,
                Value::Flag(flag) => map.serialize_entry(key.name, &flag)?,
                Value::Duration(_) | Value::Name(_) | Value::Off => {
                    map.serialize_entry(key.name, &value.to_string())?;
                }
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = breaker_keys::setting("window").map_err(|_| D::Error::unknown_field("window", Settings::KEYS))?;
        match OneValue(key).deserialize(deserializer)? {
            Value::Duration(time) => Ok(Self::Time(time)),
            Value::Calls(calls) => Ok(Self::Calls(calls)),
            other => Err(D::Error::invalid_value(Unexpected::Other(&other.to_string()), &OneValue(key))),
        }
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
