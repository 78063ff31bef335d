//! Old names of renamed public items. Each is kept for one version, so that code that uses it still compiles.

use std::time::Duration;

use crate::event::{ConfiguredValue, Conflict};
use crate::health::HealthCheckResult;
#[cfg(feature = "tokio")]
use crate::registry::TaskGuard;
use crate::registry::{Registry, TotalMetrics};
use crate::settings::{ExplainedValue, Settings, SettingsLayer, SourcedSettings};

/// Renamed to [`TaskGuard`].
#[cfg(feature = "tokio")]
#[deprecated(since = "0.1.0", note = "renamed to `TaskGuard`")]
pub type BackgroundLoop = TaskGuard;

/// Renamed to [`HealthCheckResult`].
#[deprecated(since = "0.1.0", note = "renamed to `HealthCheckResult`")]
pub type CheckHealth = HealthCheckResult;

/// Renamed to [`ExplainedValue`].
#[deprecated(since = "0.1.0", note = "renamed to `ExplainedValue`")]
pub type Explained = ExplainedValue;

/// Renamed to [`SettingsLayer`].
#[deprecated(since = "0.1.0", note = "renamed to `SettingsLayer`")]
pub type Layer = SettingsLayer;

/// Renamed to [`ConfiguredValue`].
#[deprecated(since = "0.1.0", note = "renamed to `ConfiguredValue`")]
pub type Said = ConfiguredValue;

/// Renamed to [`TotalMetrics`].
#[deprecated(since = "0.1.0", note = "renamed to `TotalMetrics`")]
pub type Total = TotalMetrics;

impl Registry {
    /// Renamed to [`conflicts`](Self::conflicts).
    #[deprecated(since = "0.1.0", note = "renamed to `conflicts`")]
    pub fn check(&self) -> Vec<Conflict> {
        self.conflicts()
    }

    /// Moved to [`Clock::sleep`](crate::Clock::sleep).
    #[deprecated(since = "0.1.0", note = "write `registry.clock().sleep(…)`")]
    pub async fn sleep(&self, duration: Duration) {
        self.clock().sleep(duration).await;
    }
}

impl Settings {
    /// Renamed to [`entries`](Self::entries).
    #[must_use]
    #[deprecated(since = "0.1.0", note = "renamed to `entries`")]
    pub fn said(&self) -> Vec<(&'static str, String)> {
        self.entries()
    }
}

impl SettingsLayer {
    /// Renamed to [`settings_for`](Self::settings_for).
    #[must_use]
    #[deprecated(since = "0.1.0", note = "renamed to `settings_for`")]
    pub fn about(&self, service: &str) -> SourcedSettings {
        self.settings_for(service)
    }
}
