//! The checked configuration of one breaker.

mod as_settings;
mod assemble;
pub(crate) mod builder;
mod presets;
mod rules;

use std::time::Duration;

use breaker_keys::Value;

use crate::settings::{Criticality, Settings, Window, value_type};

/// What holds for a key: a value, or nothing where the key can be off.
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
    // A preset is used up when the rest is completed.
    ([] #[$of_preset:meta] preset: Preset; $(#[$doc:meta] $key:ident: $kind:ident $(or $off:ident)?;)+) => {
        /// All that a breaker has to know, checked and complete. It is made by [`Config::builder`], by a preset, or by
        /// [`Settings::resolve`].
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
            /// What it was made of: sources that are merged over it override this, not the defaults.
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

            /// Of settings that have a value for each key that can't be off.
            fn complete(said: Settings, functions: FunctionsTimeout, all: &Settings) -> Self {
                Self { said, functions, $( $key: complete!(all.$key, $key $(or $off)?), )+ }
            }

            /// The values in force. What is off is left out.
            fn values(&self) -> Settings {
                Settings { $( $key: as_set!(self.$key $(, or $off)?), )+ ..Settings::NONE }
            }
        }
    };
}

breaker_keys::keys!(config);

/// What the `request_timeout`s of annotated functions are to the configuration of their service.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct FunctionsTimeout {
    /// The longest of those that hold.
    longest: Option<Duration>,
    /// The service's holds for functions that have one of their own, too.
    are_overridden: bool,
}

impl Config {
    /// The same configuration with every key set, so that it can be shown.
    pub(crate) fn settings(&self) -> Settings {
        let mut all = self.values();
        for key in breaker_keys::settings() {
            if self.said.get(key) == Some(Value::Off) {
                all.set(key, Value::Off);
            }
        }
        all
    }

    /// How many calls the window has to hold before `failure_rate` and `slow_call_rate` are evaluated:
    /// `minimum_requests`, which is 20 for the default `failure_rate`; where that is not set 10. A window of fewer calls is
    /// the limit.
    pub const fn minimum_for_rates(&self) -> u32 {
        rules::minimum_for_rates(self.minimum_requests, self.window)
    }

    /// How many calls the window has to hold before a `failure_threshold` is evaluated: `minimum_requests`, or 1 where
    /// that is not set.
    pub const fn minimum_for_threshold(&self) -> u32 {
        rules::minimum_for_threshold(self.minimum_requests)
    }
}

#[cfg(test)]
mod tests;
