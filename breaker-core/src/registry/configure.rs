//! Settings from outside the code: applies them to a registry's breakers, explains them, and reports conflicts with the
//! code.

use std::sync::Arc;
use std::time::Duration;

use super::Registry;
use super::entries::{Entry, Resolved};
use super::names;
use crate::breaker::reconfigure::Reconfigured;
use crate::error::ConfigError;
#[cfg(doc)]
use crate::event::ConflictKind;
use crate::event::{BadConfiguration, Conflict, Event, EventKind};
use crate::settings::{Explanation, Settings, SettingsLayer};

impl Registry {
    /// Returns settings that disagree or have no effect. Examples: places in the code that configure one service
    /// differently, settings and health checks for services that no code names, a file's `request_timeout` for
    /// functions that can't be cancelled. [`ConflictKind`] lists all cases.
    ///
    /// Call it after all health checks are registered: an `enable_health_check` without a registered health check is a
    /// conflict, too. If one place configures a service repeatedly with different values, only the first and the last
    /// conflict are kept, the last with a [`count`](Conflict::count).
    ///
    /// ```
    /// use breaker_core::{Config, Registry, Settings};
    ///
    /// let registry = Registry::new();
    /// registry.get_or_create("database", Config::default());
    /// registry.apply("databse", Settings { failure_threshold: Some(20), ..Settings::NONE })?;
    /// assert_eq!(
    ///     registry.conflicts()[0].to_string(),
    ///     "service `databse` is not in the code (set at run time); did you mean `database`?",
    /// );
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.breakers();
        let mut entries = self.lock();
        self.forget_ended_checks(&mut entries);
        let standing =
            |entry: &Entry| entry.standing.iter().map(|conflict| Conflict::clone(conflict)).collect::<Vec<_>>();
        let of_entry = |entry: &Entry| entry.conflicts.iter().cloned().chain(standing(entry)).collect::<Vec<_>>();
        let of_services = entries.breakers.values().flat_map(of_entry);
        let missing = entries.missing_checks(&self.registered_checks());
        of_services.chain(missing).chain(entries.unknown_services()).collect()
    }

    /// Applies settings to a service. They override all other sources, and replace settings that were applied before.
    /// The breaker keeps its state, counters and subscribers.
    ///
    /// A service that no code names yet gets the settings when its breaker is created. Until then,
    /// [`conflicts`](Self::conflicts) reports it, with the nearest name that code has.
    ///
    /// # Errors
    /// If the settings are invalid, or if the name is empty or `defaults`, which is reserved. All faults are reported
    /// together; if there are any, nothing is applied.
    pub fn apply(&self, service: &str, settings: Settings) -> Result<(), ConfigError> {
        names::check(service)?;
        // Creates the breakers of annotated functions that were never called, too.
        self.breakers();
        let mut entries = self.lock();
        let unknown = entries.unknown_services();
        let laid = entries.under(service, settings.clone());
        let config = laid.resolve().map_err(|error| error.for_service(service))?;
        entries.applied.insert(service.to_owned(), settings);
        // Under the lock, so that with two concurrent calls the breaker gets the settings that are kept.
        let standing = laid.standing(service, &config);
        let entry = entries.breakers.get_mut(service);
        let changed = entry.map(|entry| {
            let news = entry.keep_standing(standing);
            (entry.breaker.take_over(config, &laid.said), entry.breaker.clone(), news)
        });
        let unknown = entries.newly_unknown(&unknown);
        drop(entries);
        if let Some((reconfigured, breaker, news)) = changed {
            Reconfigured::tell(reconfigured.as_slice());
            breaker.announce(news);
        }
        self.tell(unknown);
        Ok(())
    }

    /// Applies the settings of files and the environment to all services, in place of their previous ones.
    ///
    /// Settings for a service by name override its code; `defaults` apply to keys that neither the code nor a preset
    /// sets. Settings from [`apply`](Self::apply) still override all others. Breakers keep their state, counters and
    /// subscribers. A breaker whose configuration stays the same emits no event.
    ///
    /// # Errors
    /// If the settings of any service are invalid. The faults of all services are reported together; if there are any,
    /// nothing is applied.
    pub fn configure(&self, layer: SettingsLayer) -> Result<(), Vec<ConfigError>> {
        // Creates the breakers of annotated functions that were never called, too.
        self.breakers();
        let mut entries = self.lock();
        let resolved = entries.resolve(&layer)?;
        let unknown = entries.unknown_services();
        entries.layer = layer;
        let (mut changed, mut news) = (Vec::new(), Vec::new());
        for (entry, Resolved { laid, config, standing }) in entries.breakers.values_mut().zip(resolved) {
            changed.extend(entry.breaker.take_over(config, &laid.said));
            news.push((entry.breaker.clone(), entry.keep_standing(standing)));
        }
        let unknown = entries.newly_unknown(&unknown);
        // Listeners run outside the lock.
        drop(entries);
        Reconfigured::tell(&changed);
        for (breaker, news) in news {
            breaker.announce(news);
        }
        self.tell(unknown);
        Ok(())
    }

    /// Emits an [`EventKind::BadConfiguration`] to listeners and streams of this registry and to the log: a source
    /// outside the code is invalid and was ignored. For code that watches such a source, as breaker-config does.
    pub fn bad_configuration(&self, problem: BadConfiguration) {
        let at = self.0.clock.now();
        let kind = EventKind::BadConfiguration(Arc::new(problem));
        let event = Event::new(None, Duration::from_nanos(at), self.0.clock.wall_time(at), kind);
        self.0.hub.append(event.clone());
        self.0.hub.deliver(&[event]);
    }

    /// Returns the configuration in force for a service: each value with its origin (the attribute at `file:line`, the
    /// file at `file:line:column`, the variable) and the weaker values that it overrides. Returns `None` if no code
    /// names the service.
    pub fn explain(&self, service: &str) -> Option<Explanation> {
        let breaker = self.get(service)?;
        let laid = self.lock().holding(breaker.service());
        let (in_force, own) = (breaker.config().settings(), laid.own_timeouts());
        Some(Explanation::of(breaker.service(), &laid.said, &in_force, own, breaker.lease()))
    }
}
