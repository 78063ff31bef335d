//! The one table of keys. Whatever needs all of them (the type, merging, listing, the builder) is made from it.

use std::convert::identity as same;
use std::time::Duration;

use super::criticality::Criticality;
use super::preset::Preset;
use super::window::Window;
use crate::error::Human;

/// Makes the type, its constant and its lists from the table below.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $(#[serde($with:meta)])? $key:ident: $value:ty => $input:ty, $convert:path, $show:path;)+) => {
        /// What was said about one service, in the attribute, in a file, in the environment or on a builder; each key
        /// or nothing. Sources are laid over each other with [`Settings::over`]; [`Settings::resolve`] checks the sum
        /// and makes a [`Config`](crate::Config) of it.
        ///
        /// All keys are public, so that a `static` can hold some:
        ///
        /// ```
        /// use breaker_core::Settings;
        ///
        /// static S3: Settings = Settings { failure_threshold: Some(5), ..Settings::NONE };
        /// assert_eq!(S3.resolve()?.failure_threshold(), Some(5));
        /// # Ok::<(), breaker_core::ConfigError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Default)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
        pub struct Settings {
            $(
                $(#[doc = $doc])+
                $(#[cfg_attr(feature = "serde", serde($with))])?
                #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
                pub $key: Option<$value>,
            )+
        }

        impl Settings {
            /// Nothing said.
            pub const NONE: Self = Self { $($key: None),+ };

            /// The names of all keys, as they are written in every source.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($key)),+];

            /// What a key means, what it may be, and its default, in one paragraph; `None` for what is no key.
            ///
            /// ```
            /// use breaker_core::Settings;
            ///
            /// let text = Settings::describe("success_threshold");
            /// assert_eq!(text, Some("Successful probes that close the circuit: at least 1. Default: 2."));
            /// assert_eq!(Settings::describe("colour"), None);
            /// ```
            #[must_use]
            pub fn describe(key: &str) -> Option<&'static str> {
                // Each line of a doc comment begins with a space.
                let all = [$((stringify!($key), concat!($($doc),+).trim_ascii_start())),+];
                all.into_iter().find_map(|(known, text)| (known == key).then_some(text))
            }

            /// Lays these settings over others: each key that is said here wins, the rest comes from `other`.
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
                Self { $($key: if self.$key.is_some() { self.$key } else { other.$key }),+ }
            }

            /// The keys that are set, with their values as a person writes them; in the order of [`Settings::KEYS`].
            ///
            /// ```
            /// use breaker_core::Settings;
            ///
            /// let settings = Settings { failure_rate: Some(0.5), ..Settings::NONE };
            /// assert_eq!(settings.entries(), [("failure_rate", "0.5".to_owned())]);
            /// ```
            #[must_use]
            pub fn entries(&self) -> Vec<(&'static str, String)> {
                let all = [$((stringify!($key), self.$key.map(|value| $show(value).to_string()))),+];
                all.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))).collect()
            }
        }
    };
}

/// Hands the table to a macro: for each key its documentation, how serde reads it, its type; and for the builder what the
/// setter takes, how that becomes the value, and how the value is shown.
macro_rules! with_keys {
    ($make:ident) => {
        $make! {
            /// Start from the numbers of a known kind of service; every other key that is said beats them. Default:
            /// none.
            preset: Preset => Preset, same, same;
            /// Failures inside the window that open the circuit: at least 1. Default: 5 if no other trip rule is said.
            failure_threshold: u32 => u32, same, same;
            /// Failures in a row that open the circuit: at least 1. Default: off.
            consecutive_failures: u32 => u32, same, same;
            /// Share of failures in the window that opens the circuit: above 0, at most 1. Default: off.
            failure_rate: f64 => f64, same, same;
            /// A call that takes at least this long is slow: longer than zero, at most `request_timeout`. Default: off.
            #[serde(with = "super::text::duration")]
            slow_call_duration: Duration => Duration, same, Human;
            /// Share of slow calls in the window that opens the circuit: above 0, at most 1; needs
            /// `slow_call_duration`. Default: off.
            slow_call_rate: f64 => f64, same, same;
            /// No windowed rule is evaluated before the window holds this many calls: at least 1. Default: for the
            /// rates the smaller of 10 and the length of a window by count, for `failure_threshold` 1.
            minimum_requests: u32 => u32, same, same;
            /// What the windowed rules look back on: a time longer than zero, or 1 to 16384 calls. Default: 60 s.
            window: Window => impl Into<Window>, Into::into, same;
            /// How long the circuit stays open before it probes: longer than zero. Default: 30 s.
            #[serde(with = "super::text::duration")]
            open_timeout: Duration => Duration, same, Human;
            /// By how much the open time grows each time a probe fails: at least 1, finite. Default: 1, it doesn't
            /// grow.
            open_timeout_multiplier: f64 => f64, same, same;
            /// The longest that the open time can grow: at least `open_timeout`. Default: 10 min, or `open_timeout` if
            /// that is longer.
            #[serde(with = "super::text::duration")]
            open_timeout_max: Duration => Duration, same, Human;
            /// Shortens each open time by a random share of up to this much, so that a fleet doesn't probe at once: 0
            /// to 1. Default: 0.
            open_timeout_jitter: f64 => f64, same, same;
            /// Successful probes that close the circuit: at least 1. Default: 2.
            success_threshold: u32 => u32, same, same;
            /// Probes in flight at once while the circuit is half-open: at least 1. Default: `success_threshold`.
            half_open_max_calls: u32 => u32, same, same;
            /// A probe that has not ended after this long has failed: longer than zero. Default: the longer of
            /// `open_timeout` and `request_timeout`.
            #[serde(with = "super::text::duration")]
            half_open_timeout: Duration => Duration, same, Human;
            /// An async call that takes this long is cancelled and counted as a failure and a timeout: longer than
            /// zero. Default: none.
            #[serde(with = "super::text::duration")]
            request_timeout: Duration => Duration, same, Human;
            /// Whether a rejected or failed call without a fallback gives its error; if not, it gives
            /// `Ok(Default::default())`. Obeyed where it is said in code. Default: true.
            fail_fast: bool => bool, same, same;
            /// Whether the time of every call is measured; off saves two readings of the clock. Default: true.
            response_times: bool => bool, same, same;
            /// Whether a registered health check drives the state. Default: false.
            enable_health_check: bool => bool, same, same;
            /// The time from one health check to the next: longer than zero. Default: 15 s, or `health_check_timeout`
            /// if that is said and longer.
            #[serde(with = "super::text::duration")]
            health_check_interval: Duration => Duration, same, Human;
            /// A health check that takes this long has failed: longer than zero, at most `health_check_interval`.
            /// Default: 5 s, or the interval if that is shorter.
            #[serde(with = "super::text::duration")]
            health_check_timeout: Duration => Duration, same, Human;
            /// Failed health checks in a row that open the circuit: at least 1. Default: 1.
            health_check_failures: u32 => u32, same, same;
            /// Whether the program can do its work without the service. In the health report an optional service that
            /// is open makes the whole degraded, never down. Default: critical.
            criticality: Criticality => Criticality, same, same;
            /// How often `Registry::log_metrics` logs what the service counts: longer than zero. Default: 60 s.
            #[serde(with = "super::text::duration")]
            metrics_log_interval: Duration => Duration, same, Human;
        }
    };
}
pub(crate) use with_keys;

with_keys!(settings);
