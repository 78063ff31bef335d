//! What cuts calls off. Beside the configuration, so that a call needs no lock for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::nanos;
use crate::config::Config;

/// In nanoseconds; `u64::MAX` is none. All relaxed: a call may obey the old ones or the new ones.
#[derive(Debug)]
pub(super) struct Timeouts {
    request: AtomicU64,
    /// The lease of a probe, where somebody has set it.
    probe: AtomicU64,
}

impl Timeouts {
    pub(super) fn new(config: &Config) -> Self {
        let timeouts = Self { request: AtomicU64::new(u64::MAX), probe: AtomicU64::new(u64::MAX) };
        timeouts.obey(config);
        timeouts
    }

    pub(super) fn obey(&self, config: &Config) {
        let lease = config.half_open_timeout().filter(|_| config.has_lease_of_its_own());
        self.request.store(config.request_timeout().map_or(u64::MAX, nanos), Ordering::Relaxed);
        self.probe.store(lease.map_or(u64::MAX, nanos), Ordering::Relaxed);
    }

    /// How long a call may take; `own` is in place of the service's `request_timeout`.
    pub(super) fn of_call(&self, own: Option<Duration>, is_probe: bool) -> Option<Duration> {
        let request = own.map_or_else(|| self.request.load(Ordering::Relaxed), nanos);
        let probe = if is_probe { self.probe.load(Ordering::Relaxed) } else { u64::MAX };
        let timeout = request.min(probe);
        (timeout != u64::MAX).then_some(Duration::from_nanos(timeout))
    }
}
