//! The configurations that consist of the defaults or of one preset alone.

use super::{Config, FunctionsTimeout};
use crate::settings::{Preset, Settings};

/// Sets every key to its default.
impl Default for Config {
    fn default() -> Self {
        Self::assemble(&Settings::NONE, FunctionsTimeout::default())
    }
}

impl Config {
    /// Returns the configuration for a database: opens after 3 failures in 60 s, for 30 s; calls time out after 10 s; a
    /// health check every 15 s.
    pub fn database() -> Self {
        Self::preset(Preset::Database)
    }

    /// Returns the configuration for a cache: opens after 10 failures in 60 s, for 15 s; calls time out after 5 s; a
    /// health check every 10 s; a rejected read is a miss (`fail_fast = false`).
    pub fn cache() -> Self {
        Self::preset(Preset::Cache)
    }

    /// Returns the configuration for an object store: opens after 5 failures in 60 s, for 60 s; calls time out after
    /// 30 s; no health check.
    pub fn s3() -> Self {
        Self::preset(Preset::S3)
    }

    fn preset(preset: Preset) -> Self {
        Self::assemble(&Settings { preset: Some(preset), ..Settings::NONE }, FunctionsTimeout::default())
    }
}
