//! The keys that each preset sets.

use std::time::Duration;

use super::keys::Settings;
use super::preset::Preset;

impl Preset {
    /// The keys that this preset sets, and their values.
    ///
    /// ```
    /// use breaker_core::Preset;
    ///
    /// assert_eq!(Preset::Cache.settings().failure_threshold, Some(10));
    /// ```
    #[must_use]
    pub const fn settings(self) -> Settings {
        match self {
            Self::Database => DATABASE,
            Self::Cache => CACHE,
            Self::S3 => S3,
        }
    }
}

const DATABASE: Settings = Settings {
    failure_threshold: Some(3),
    success_threshold: Some(2),
    request_timeout: Some(Duration::from_secs(10)),
    open_timeout: Some(Duration::from_secs(30)),
    enable_health_check: Some(true),
    health_check_interval: Some(Duration::from_secs(15)),
    ..Settings::NONE
};

const CACHE: Settings = Settings {
    failure_threshold: Some(10),
    success_threshold: Some(5),
    request_timeout: Some(Duration::from_secs(5)),
    open_timeout: Some(Duration::from_secs(15)),
    enable_health_check: Some(true),
    health_check_interval: Some(Duration::from_secs(10)),
    fail_fast: Some(false),
    ..Settings::NONE
};

const S3: Settings = Settings {
    failure_threshold: Some(5),
    success_threshold: Some(3),
    request_timeout: Some(Duration::from_secs(30)),
    open_timeout: Some(Duration::from_secs(60)),
    enable_health_check: Some(false),
    ..Settings::NONE
};
