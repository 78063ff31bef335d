//! The checked configuration of one breaker.

mod as_settings;
mod assemble;
pub(crate) mod builder;
mod presets;
mod rules;

use std::time::Duration;

use breaker_keys::Value;

use crate::settings::{Criticality, Settings, Window, value_type};

/// The type of a key in force: a value, or an `Option` if the key can be off.
macro_rules! held {
    ($kind:ident) => { value_type!($kind) };
    ($kind:ident or off) => { Option<value_type!($kind)> };
}

macro_rules! complete {
    ($value:expr, $key:ident) => {
        $value.expect(concat!("the table of keys has a default for ", stringify!($key)))
    };
    ($value:expr, $key:ident or off) => {
        $value
    };
}

macro_rules! as_set {
    ($value:expr) => {
        Some($value)
    };
    ($value:expr, or off) => {
        $value
    };
}

macro_rules! config {
    // A checked configuration has no preset, because its values are filled in.
    ([] #[$of_preset:meta] preset: Preset; $(#[$doc:meta] $key:ident: $kind:ident $(or $off:ident)?;)+) => {
        /// The configuration of a breaker, checked and complete. Create it with [`Config::builder`], a preset such as
        /// [`Config::database`], or [`Settings::resolve`].
        ///
        /// ```
        /// use breaker_core::Config;
        /// use std::time::Duration;
        ///
        /// let config = Config::builder()
        ///     .failure_rate(0.5)
        ///     .window(100) // the last 100 calls; or a `Duration`
        ///     .open_timeout(Duration::from_secs(10))
        ///     .build()?;
        /// assert_eq!(config.failure_rate(), Some(0.5));
        /// assert_eq!(config.consecutive_failures(), None); // 5, were there no other trip rule
        /// # Ok::<(), breaker_core::ConfigError>(())
        /// ```
        #[derive(Clone)]
        pub struct Config {
            /// The settings that it was made from. Other sources are merged with these, not with the completed values.
            said: Settings,
            functions: FunctionsTimeout,
            $( $key: held!($kind $(or $off)?), )+
        }

        impl Config {
            $(
                #[$doc]
                pub const fn $key(&self) -> held!($kind $(or $off)?) {
                    self.$key
                }
            )+

            /// Creates a configuration from settings that have a value for each key that can't be off.
            fn complete(said: Settings, functions: FunctionsTimeout, all: &Settings) -> Self {
                Self { said, functions, $( $key: complete!(all.$key, $key $(or $off)?), )+ }
            }

            /// Returns the values in force, without keys that are off.
            fn values(&self) -> Settings {
                Settings { $( $key: as_set!(self.$key $(, or $off)?), )+ ..Settings::NONE }
            }
        }
    };
}

breaker_keys::keys!(config);

/// The `request_timeout`s of annotated functions, as far as the configuration of their service depends on them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct FunctionsTimeout {
    /// The longest of those in force.
    longest: Option<Duration>,
    /// Whether the service's timeout also applies to functions that have their own.
    are_overridden: bool,
}

impl Config {
    /// Returns the configuration as settings with every key set, for display.
    pub(crate) fn settings(&self) -> Settings {
        let mut all = self.values();
        for key in breaker_keys::settings() {
            if self.said.get(key) == Some(Value::Off) {
                all.set(key, Value::Off);
            }
        }
        all
    }

    /// Returns how many calls the window must hold before `failure_rate` and `slow_call_rate` are evaluated:
    /// `minimum_requests` (20 for the default `failure_rate`), or 10 if it is not set; at most the length of a window
    /// by calls.
    pub const fn minimum_for_rates(&self) -> u32 {
        rules::minimum_for_rates(self.minimum_requests, self.window)
    }

    /// Returns how many calls the window must hold before a `failure_threshold` is evaluated: `minimum_requests`, or 1
    /// if it is not set.
    pub const fn minimum_for_threshold(&self) -> u32 {
        rules::minimum_for_threshold(self.minimum_requests)
    }
}

#[cfg(test)]
mod tests;
