//! The settings of a service: a field for each key that `breaker-keys` lists.

use std::time::Duration;

use breaker_keys::{Key, Value};

use super::criticality::Criticality;
use super::preset::Preset;
use super::window::Window;

/// The Rust type of a kind of value.
macro_rules! value_type {
    (Count) => {
        u32
    };
    (Share) => {
        f64
    };
    (Factor) => {
        f64
    };
    (Flag) => {
        bool
    };
    // A duration, a window, and the enums of names.
    ($kind:ident) => {
        $kind
    };
}
pub(crate) use value_type;

/// The keys that are off, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OffKeys(u64);

/// Compares strings in a constant.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// Accepts the word `off` of a row whose key can be off.
macro_rules! can_be {
    (off) => {};
}

macro_rules! settings {
    ([] $(#[$doc:meta] $key:ident: $kind:ident $(or $off:ident)?;)+) => {
        /// The settings of one source for one service: of the attribute, a builder, a file or the environment; or the
        /// merged settings of several sources. [`Settings::over`] merges two; [`Settings::resolve`] checks them and
        /// creates a [`Config`](crate::Config).
        ///
        /// All keys are public fields, so that a `static` can hold settings:
        ///
        /// ```
        /// use breaker_core::Settings;
        ///
        /// static S3: Settings = Settings { failure_threshold: Some(5), ..Settings::NONE };
        /// assert_eq!(S3.resolve()?.failure_threshold(), Some(5));
        /// # Ok::<(), breaker_core::ConfigError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Settings {
            $( #[$doc] pub $key: Option<value_type!($kind)>, )+
            /// The keys that are off: see [`Settings::off`]. Hidden, so that more can be added to the type.
            #[doc(hidden)]
            pub switched_off: OffKeys,
        }

        /// The bit of each key in [`OffKeys`].
        enum Bit { $($key),+ }

        impl Settings {
            /// Settings without any key.
            pub const NONE: Self = Self { $($key: None,)+ switched_off: OffKeys(0) };

            /// The names of all keys, as they are written in every source.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($key)),+];

            /// Merges two settings: keys that are set in `self` override those of `other`.
            ///
            /// ```
            /// use breaker_core::Settings;
            ///
            /// let code = Settings { failure_threshold: Some(5), success_threshold: Some(2), ..Settings::NONE };
            /// let file = Settings { failure_threshold: Some(9), ..Settings::NONE };
            /// let both = file.over(code);
            /// assert_eq!((both.failure_threshold, both.success_threshold), (Some(9), Some(2)));
            /// ```
            #[must_use]
            pub const fn over(self, other: Self) -> Self {
                let mut off = 0;
                $(
                    let bit = 1 << Bit::$key as u64;
                    let $key = if self.$key.is_some() || self.switched_off.0 & bit != 0 {
                        off |= self.switched_off.0 & bit;
                        self.$key
                    } else {
                        off |= other.switched_off.0 & bit;
                        other.$key
                    };
                )+
                Self { $($key,)+ switched_off: OffKeys(off) }
            }

            /// Switches a key off: one of the trip rules, `slow_call_duration`, `minimum_requests`, `half_open_timeout`
            /// or `request_timeout`. Unlike a key that is not set, a key that is off overrides weaker sources, presets
            /// and defaults.
            ///
            /// ```
            /// use breaker_core::{Preset, Settings};
            ///
            /// let settings = Settings { preset: Some(Preset::S3), ..Settings::NONE }.off("request_timeout");
            /// assert_eq!(settings.resolve()?.request_timeout(), None);
            /// # Ok::<(), breaker_core::ConfigError>(())
            /// ```
            ///
            /// # Panics
            /// If there is no such key, or if the key can't be off.
            #[must_use]
            pub const fn off(mut self, key: &str) -> Self {
                let mut found = false;
                $($(
                    if is_same(key, stringify!($key)) {
                        can_be!($off);
                        found = true;
                        self.$key = None;
                        self.switched_off.0 |= 1 << Bit::$key as u64;
                    }
                )?)+
                assert!(found, "no such key can be off");
                self
            }

            /// Returns the value of a key, if it is set.
            #[doc(hidden)]
            #[must_use]
            pub fn get(&self, key: &Key) -> Option<Value> {
                match key.name {
                    $( stringify!($key) => {
                        let off = self.switched_off.0 & (1 << Bit::$key as u64) != 0;
                        self.$key.map(KeyValue::to_value).or(off.then_some(Value::Off))
                    } )+
                    _ => None,
                }
            }

            /// Removes a key, so that weaker sources, presets and defaults apply.
            pub(crate) fn unset(&mut self, key: &Key) {
                match key.name {
                    $( stringify!($key) => {
                        self.$key = None;
                        self.switched_off.0 &= !(1 << Bit::$key as u64);
                    } )+
                    _ => {}
                }
            }

            /// Sets a key. Returns `false` if there is no such key, or if it takes values of another kind.
            #[doc(hidden)]
            pub fn set(&mut self, key: &Key, value: Value) -> bool {
                match key.name {
                    $( stringify!($key) => {
                        let bit = 1 << Bit::$key as u64;
                        let is_off = key.off && value == Value::Off;
                        let value = KeyValue::from_value(value);
                        let fits = value.is_some() || is_off;
                        if fits {
                            self.$key = value;
                            self.switched_off.0 =
                                if is_off { self.switched_off.0 | bit } else { self.switched_off.0 & !bit };
                        }
                        fits
                    } )+
                    _ => false,
                }
            }
        }
    };
}

breaker_keys::keys!(settings);

impl Settings {
    /// Returns the meaning of a key, its values and its default, in one paragraph; `None` if there is no such key.
    ///
    /// ```
    /// use breaker_core::Settings;
    ///
    /// let text = Settings::describe("success_threshold");
    /// assert_eq!(text, Some("The number of successful probes that closes the circuit. Values: whole number, at least 1. Default: 2."));
    /// assert_eq!(Settings::describe("colour"), None);
    /// ```
    #[must_use]
    pub fn describe(key: &str) -> Option<&'static str> {
        breaker_keys::setting(key).ok().map(|key| key.description)
    }

    /// Returns the key whose name is nearest to an unknown one, if one is near enough to be meant.
    ///
    /// ```
    /// use breaker_core::Settings;
    ///
    /// assert_eq!(Settings::nearest_key("failure_treshold"), Some("failure_threshold"));
    /// assert_eq!(Settings::nearest_key("colour"), None);
    /// ```
    #[must_use]
    pub fn nearest_key(unknown: &str) -> Option<&'static str> {
        match breaker_keys::setting(unknown) {
            Ok(key) => Some(key.name),
            Err(unknown) => unknown.nearest(),
        }
    }

    /// Returns the keys that are set, with their values as text, in the order of [`Settings::KEYS`].
    ///
    /// ```
    /// use breaker_core::Settings;
    ///
    /// let settings = Settings { failure_rate: Some(0.5), ..Settings::NONE };
    /// assert_eq!(settings.entries(), [("failure_rate", "0.5".to_owned())]);
    /// ```
    #[must_use]
    pub fn entries(&self) -> Vec<(&'static str, String)> {
        self.values().map(|(key, value)| (key.name, value.to_string())).collect()
    }

    /// Returns the keys that are set, with their values.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static Key, Value)> {
        breaker_keys::settings().filter_map(|key| Some((key, self.get(key)?)))
    }
}

/// Converts between the type of a field and the values of the table of keys.
trait KeyValue: Sized {
    fn to_value(self) -> Value;
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! key_value {
    ($type:ty: $($value:pat => $from:expr),+; $self:ident => $to:expr) => {
        impl KeyValue for $type {
            fn to_value($self) -> Value {
                $to
            }

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    $($value => Some($from),)+
                    _ => None,
                }
            }
        }
    };
}

key_value!(u32: Value::Count(count) => count; self => Value::Count(self));
key_value!(f64: Value::Number(number) => number; self => Value::Number(self));
key_value!(bool: Value::Flag(flag) => flag; self => Value::Flag(self));
key_value!(Duration: Value::Duration(duration) => duration; self => Value::Duration(self));
key_value!(Window: Value::Duration(time) => Self::Time(time), Value::Calls(calls) => Self::Calls(calls); self => match self {
    Self::Time(time) => Value::Duration(time),
    Self::Calls(calls) => Value::Calls(calls),
});
key_value!(Preset: Value::Name(name) => *Self::ALL.iter().find(|known| known.as_str() == name)?; self => Value::Name(self.as_str()));
key_value!(Criticality: Value::Name(name) => *Self::ALL.iter().find(|known| known.as_str() == name)?; self => Value::Name(self.as_str()));
