//! The configuration in force, and whether it enables health checks.

use std::sync::Arc;

use crate::config::Config;

#[derive(Debug)]
pub(super) struct InForce {
    config: Arc<Config>,
    /// How often health checks have been disabled.
    #[cfg(feature = "tokio")]
    switched_off: u64,
}

impl InForce {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            #[cfg(feature = "tokio")]
            switched_off: 0,
        }
    }

    pub(super) fn config(&self) -> &Arc<Config> {
        &self.config
    }

    pub(super) fn replace(&mut self, config: Config) {
        #[cfg(feature = "tokio")]
        if self.config.enable_health_check() && !config.enable_health_check() {
            self.switched_off += 1;
        }
        self.config = Arc::new(config);
    }

    /// Returns a number that changes each time health checks are enabled again; `None` while they are disabled.
    #[cfg(feature = "tokio")]
    pub(super) fn check_epoch(&self) -> Option<u64> {
        self.config.enable_health_check().then_some(self.switched_off)
    }
}
