//! Finds services with `enable_health_check` but without a registered health check: the key has no effect.

#[cfg(feature = "tokio")]
use std::sync::Arc;

use super::Registry;
use super::entries::Entries;
#[cfg(feature = "tokio")]
use crate::breaker::CircuitBreaker;
#[cfg(feature = "tokio")]
use crate::event::EventKind;
use crate::event::{ConfiguredValue, Conflict, ConflictKind};

impl Entries {
    /// Returns the conflict of each service that sets the key itself. A preset's value does not count: presets only
    /// enable checks for programs that register one.
    pub(super) fn missing_checks(&self, registered: &[&str]) -> Vec<Conflict> {
        let is_missing = |service: &str| !registered.contains(&service);
        let services = self.breakers.iter().filter(|(service, _)| is_missing(service));
        let is_set = services.filter(|(_, entry)| entry.breaker.config().said().enable_health_check == Some(true));
        let conflict = |service: &String| Conflict {
            kind: ConflictKind::MissingHealthCheck,
            service: service.clone(),
            key: "enable_health_check",
            first: ConfiguredValue::new("no registered health check", ""),
            second: ConfiguredValue::new("true", self.holding(service).place("enable_health_check")),
            count: 1,
        };
        is_set.map(|(service, _)| conflict(service)).collect()
    }
}

impl Registry {
    /// Reports the missing checks of these services, whose metrics are due for the log: by now, their checks should be
    /// registered. Each is reported once, until it is registered.
    #[cfg(feature = "tokio")]
    pub(super) fn tell_of_missing_checks(&self, due: &[&CircuitBreaker]) {
        let registered = self.registered_checks();
        let mut news = Vec::new();
        let mut entries = self.lock();
        let missing = entries.missing_checks(&registered);
        for breaker in due {
            let conflict = missing.iter().find(|conflict| conflict.service == breaker.service());
            let Some(entry) = entries.breakers.get_mut(breaker.service()) else { continue };
            let is_known = std::mem::replace(&mut entry.is_missing_check_told, conflict.is_some());
            news.extend(conflict.filter(|_| !is_known).map(|conflict| (*breaker, conflict.clone())));
        }
        drop(entries);
        for (breaker, conflict) in news {
            breaker.announce(vec![EventKind::Conflict(Arc::new(conflict))]);
        }
    }

    #[cfg(feature = "tokio")]
    pub(super) fn registered_checks(&self) -> Vec<&'static str> {
        self.0.results.services()
    }

    #[cfg(not(feature = "tokio"))]
    #[expect(clippy::unused_self, reason = "there are no checks")]
    pub(super) fn registered_checks(&self) -> Vec<&'static str> {
        Vec::new()
    }
}
