//! The numbers of the presets, and the configurations made of nothing else.

use std::time::Duration;

use super::Config;
use crate::settings::{Preset, Settings};

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

/// Every key at its default.
impl Default for Config {
    fn default() -> Self {
        Self::assemble(&Settings::NONE)
    }
}

impl Config {
    /// For a database: opens after 3 failures in 60 s, for 30 s; calls time out after 10 s; a health check every 15 s.
    pub fn database() -> Self {
        Self::preset(Preset::Database)
    }

    /// For a cache: opens after 10 failures in 60 s, for 15 s; calls time out after 5 s; a health check every 10 s; a
    /// refused read is a miss (`fail_fast = false`).
    pub fn cache() -> Self {
        Self::preset(Preset::Cache)
    }

    /// For an object store: opens after 5 failures in 60 s, for 60 s; calls time out after 30 s; no health check.
    pub fn s3() -> Self {
        Self::preset(Preset::S3)
    }

    fn preset(preset: Preset) -> Self {
        Self::assemble(&Settings { preset: Some(preset), ..Settings::NONE })
    }
}
