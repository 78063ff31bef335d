//! Services with settings or health checks that no code names: they are misspelt, or named later.

use std::sync::Arc;
use std::time::Duration;

use breaker_keys::nearest;
use breaker_keys::service::DEFAULTS;

use super::Registry;
use super::entries::Entries;
use crate::breaker::CircuitBreaker;
use crate::event::{ConfiguredValue, Conflict, ConflictKind, Event, EventKind};
use crate::settings::Origin;

impl Entries {
    /// Returns a conflict for each place that refers to a service that no code names: files and the environment, run
    /// time, checks.
    pub(super) fn unknown_services(&self) -> Vec<Conflict> {
        let is_unknown = |service: &str| !self.breakers.contains_key(service);
        let in_layer = self.layer.services.iter().filter(|(service, _)| is_unknown(service)).map(|(service, said)| {
            let place = said.origins().next().map(Origin::to_string).unwrap_or_default();
            // `default:` is read as the name of a service, but `defaults` may be meant.
            self.unknown(service, place, Some(DEFAULTS))
        });
        let applied = self.applied.iter().map(|(service, _)| (service, Origin::Runtime.to_string()));
        let checks = self.checks.iter().map(|(service, place)| (service, place.clone()));
        let in_code = applied.chain(checks).filter(|(service, _)| is_unknown(service));
        in_layer.chain(in_code.map(|(service, place)| self.unknown(service, place, None))).collect()
    }

    fn unknown(&self, service: &str, place: String, beside: Option<&str>) -> Conflict {
        let near = nearest(service, self.breakers.keys().map(String::as_str).chain(beside));
        let place_of = |near: &str| self.breakers.get(near).map_or("", |entry| entry.place.as_str());
        Conflict {
            kind: ConflictKind::UnknownService,
            service: service.to_owned(),
            key: "service",
            first: near.map(|near| ConfiguredValue::new(near, place_of(near))).unwrap_or_default(),
            second: ConfiguredValue::new(service, place),
            count: 1,
        }
    }

    /// Returns the conflicts of services that had none before.
    pub(super) fn newly_unknown(&self, before: &[Conflict]) -> Vec<Conflict> {
        let mut news = self.unknown_services();
        news.retain(|conflict| before.iter().all(|known| known.service != conflict.service));
        news.dedup_by(|one, other| one.service == other.service);
        news
    }
}

impl Registry {
    /// Returns the service that was probably meant by a name that [`get`](Self::get) doesn't find: the only one that
    /// begins with the name, or one that differs by few letters. Case is ignored. For messages.
    ///
    /// ```
    /// use breaker_core::{Config, Registry};
    ///
    /// let registry = Registry::new();
    /// registry.get_or_create("search", Config::default());
    /// assert_eq!(registry.nearest("serach"), Some("search"));
    /// assert_eq!(registry.nearest("mail"), None);
    /// ```
    pub fn nearest(&self, service: &str) -> Option<&'static str> {
        let breakers = self.breakers();
        nearest(service, breakers.iter().map(CircuitBreaker::service))
    }

    /// Reports a health check that was registered at `place` for a service that no code names: to the log, to listeners
    /// and, until the service's breaker is created or the check ends, in [`conflicts`](Self::conflicts).
    #[cfg(feature = "tokio")]
    pub(super) fn check_for_unknown_service(&self, service: &str, place: &str) {
        let mut entries = self.lock();
        let before = entries.unknown_services();
        entries.checks.insert(service.to_owned(), format!("health check at {place}"));
        let news = entries.newly_unknown(&before);
        drop(entries);
        self.tell(news);
    }

    #[cfg(feature = "tokio")]
    pub(super) fn forget_ended_checks(&self, entries: &mut Entries) {
        let running = self.0.results.services();
        entries.checks.retain_names(|service| running.contains(&service.as_str()));
    }

    #[cfg(not(feature = "tokio"))]
    #[expect(clippy::unused_self, reason = "there are no checks")]
    pub(super) fn forget_ended_checks(&self, _: &mut Entries) {}

    /// Emits conflicts that belong to no breaker. Call it outside the lock, because listeners run.
    pub(super) fn tell(&self, conflicts: Vec<Conflict>) {
        let at = self.0.clock.now();
        let event = |conflict: Conflict| {
            let kind = EventKind::Conflict(Arc::new(conflict));
            Event::new(None, Duration::from_nanos(at), self.0.clock.wall_time(at), kind)
        };
        let events: Vec<_> = conflicts.into_iter().map(event).collect();
        if !events.is_empty() {
            for event in &events {
                self.0.hub.append(event.clone());
            }
            self.0.hub.deliver(&events);
        }
    }
}
