//! Settings as they are read from files. serde's own value deserializers take the place of a file format.

use serde::de::IntoDeserializer;
use serde::de::value::{Error, MapDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

use super::*;
use crate::error::Human;

fn read<'de, V: IntoDeserializer<'de, Error>>(key: &'de str, value: V) -> Result<Settings, String> {
    let map: MapDeserializer<'de, _, Error> = MapDeserializer::new([(key, Present(value))].into_iter());
    Settings::deserialize(map).map_err(|error| error.to_string())
}

/// A present value, as a file format gives it: `deserialize_option` calls `visit_some`.
struct Present<P>(P);

impl<'de, P: IntoDeserializer<'de, Error>> IntoDeserializer<'de, Error> for Present<P> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de, P: IntoDeserializer<'de, Error>> Deserializer<'de> for Present<P> {
    type Error = Error;

    fn deserialize_any<T: serde::de::Visitor<'de>>(self, visitor: T) -> Result<T::Value, Error> {
        visitor.visit_some(self.0.into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[test]
fn durations_have_a_unit() {
    let settings = read("open_timeout", "1m 30s");
    assert_eq!(settings, Ok(Settings { open_timeout: Some(secs(90)), ..Settings::NONE }));
    let error = read("open_timeout", "30").unwrap_err();
    assert_eq!(error, "`open_timeout` needs a unit; write 30s or 30ms");
    let error = read("open_timeout", 30_u64).unwrap_err();
    assert!(error.contains("expected a duration with its unit, such as \"250ms\""), "{error}");
}

#[test]
fn windows_are_durations_or_numbers() {
    let window = |window| Ok(Settings { window: Some(window), ..Settings::NONE });
    assert_eq!(read("window", "60s"), window(Window::Time(secs(60))));
    assert_eq!(read("window", 100_u64), window(Window::Calls(100)));
    assert_eq!(read("window", u64::MAX), window(Window::Calls(u32::MAX)));
    assert_eq!(read("window", -1_i64), Err("`window` must be at least 1 call; write 60s or 100".to_owned()));
    assert!(read("window", 0.5).unwrap_err().contains("or a number of calls, such as 100"));
}

#[test]
fn other_keys_are_what_they_are() {
    assert_eq!(read("failure_rate", 0.5), Ok(Settings { failure_rate: Some(0.5), ..Settings::NONE }));
    assert_eq!(read("failure_threshold", 3_u64), Ok(Settings { failure_threshold: Some(3), ..Settings::NONE }));
    assert!(read("failure_threshold", -3_i64).is_err());
    assert!(read("failure_treshold", 3_u64).unwrap_err().starts_with("unknown field `failure_treshold`, expected "));
}

#[test]
fn presets_have_the_names_of_the_attribute() {
    for preset in [Preset::Database, Preset::Cache, Preset::S3] {
        assert_eq!(read("preset", preset.as_str()), Ok(Settings { preset: Some(preset), ..Settings::NONE }));
        assert_eq!(written(preset), preset.as_str());
    }
    assert!(read("preset", "redis").unwrap_err().starts_with("unknown variant `redis`, expected one of `database`, "));
}

#[test]
fn criticalities_have_the_names_of_the_attribute() {
    for criticality in [Criticality::Critical, Criticality::Optional] {
        let settings = Settings { criticality: Some(criticality), ..Settings::NONE };
        assert_eq!(read("criticality", criticality.as_str()), Ok(settings));
        assert_eq!(written(criticality), criticality.as_str());
    }
    let error = read("criticality", "Optional").unwrap_err();
    assert!(error.starts_with("unknown variant `Optional`, expected `critical` or `optional`"), "{error}");
}

/// A formatter is a serializer of single values.
fn written(value: impl Serialize) -> String {
    struct Written<T>(T);

    impl<T: Serialize> std::fmt::Display for Written<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.serialize(f)
        }
    }

    Written(value).to_string()
}

#[test]
fn windows_are_written_as_they_are_read() {
    assert_eq!(written(Window::Time(secs(150))), "2m 30s");
    assert_eq!(written(Window::Calls(100)), "100");
}

/// Displayed durations can be read again, to the nanosecond.
#[test]
fn durations_are_shown_in_the_grammar_in_which_they_are_read() {
    for duration in [Duration::ZERO, Duration::from_nanos(1), secs(90), secs(100_000), Duration::MAX] {
        assert_eq!(humantime::parse_duration(&Human(duration).to_string()), Ok(duration));
    }
}

/// 2^64 seconds, to the nanosecond, in parts that humantime alone can't add up.
#[test]
fn a_sum_of_one_second_too_many_is_an_error() {
    for text in [
        "18446744073709551615s 1000ms",
        "18446744073709551615s999999999ns 1ns",
        "9223372036854775808s 2s 9223372036854775805s 1000000us",
    ] {
        let error = read("open_timeout", text).unwrap_err();
        assert!(error.contains("longer than a duration can be"), "{error}");
    }
    assert!(read("open_timeout", "18446744073709551615s 999ms 999us 999ns").is_ok());
}

#[test]
fn off_is_a_word_of_the_keys_that_can_be() {
    for key in breaker_keys::settings() {
        let expected = key.off.then(|| Settings::NONE.off(key.name));
        assert_eq!(read(key.name, "off").ok(), expected, "{}", key.name);
    }
}
