//! Settings from outside the code: applied to a registry's breakers, explained, and held against the code.

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
    /// What is configured but disagrees, or has no effect: places in the code that configure one service differently,
    /// settings and health checks for services that no code names, a file's `request_timeout` for functions that can't be
    /// cancelled, `enable_health_check` where no health check is registered (call this once they are), and so on
    /// ([`ConflictKind`] has all cases). Where one place
    /// configures a service again and again with other values, its first and its last are kept, the last with a
    /// [`count`](Conflict::count).
    ///
    /// ```
    /// use breaker_core::{Config, Registry, Settings};
    ///
    /// let registry = Registry::new();
    /// registry.get_or_create("database", Config::default());
    /// registry.apply("databse", Settings { failure_threshold: Some(20), ..Settings::NONE })?;
    /// assert_eq!(
    ///     registry.conflicts()[0].to_string(),
    ///     "no code names a service `databse` (set at run time); did you mean `database`?",
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

    /// Lays settings over everything else that is said about a service; what was applied to it before is replaced. The
    /// breaker keeps its state, counters and subscribers. A service that no code has named yet gets them when it is made;
    /// until then it is in [`conflicts`](Self::conflicts), with the nearest name that code has.
    ///
    /// # Errors
    /// What is wrong with the settings, every fault at once, or with the name: an empty one, or `defaults`, which is
    /// reserved. Then nothing changes.
    pub fn apply(&self, service: &str, settings: Settings) -> Result<(), ConfigError> {
        names::check(service)?;
        // Those of annotated functions that were never called, too.
        self.breakers();
        let mut entries = self.lock();
        let unknown = entries.unknown_services();
        let laid = entries.under(service, settings.clone());
        let config = laid.resolve().map_err(|error| error.for_service(service))?;
        entries.applied.insert(service.to_owned(), settings);
        // Under the lock, so that of two who apply at once, the one whose settings stay is the one that is obeyed.
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

    /// Applies what files and the environment set, for all services at once; what they set before is replaced. What they set
    /// for a service by name overrides its code; their defaults fill in what neither the code nor a preset sets. Breakers keep state, counters and subscribers, and those whose configuration stays the same hear
    /// nothing. What [`apply`](Self::apply) has set stays the strongest.
    ///
    /// # Errors
    /// What is wrong, service by service, every fault at once; then nothing changes.
    pub fn configure(&self, layer: SettingsLayer) -> Result<(), Vec<ConfigError>> {
        // Those of annotated functions that were never called, too.
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

    /// Tells listeners and streams of this registry, and the log, that a source outside the code can't be used and that
    /// nothing has changed: an [`EventKind::BadConfiguration`]. For whoever watches such a source, as breaker-config does.
    pub fn bad_configuration(&self, problem: BadConfiguration) {
        let at = self.0.clock.now();
        let kind = EventKind::BadConfiguration(Arc::new(problem));
        let event = Event::new(None, Duration::from_nanos(at), self.0.clock.wall_time(at), kind);
        self.0.hub.append(event.clone());
        self.0.hub.deliver(&[event]);
    }

    /// The configuration in force for a service, each value with its origin (the attribute at `file:line`, the file at
    /// `file:line:column`, the variable) and the weaker values that it overrides. `None` for a service that no code names.
    pub fn explain(&self, service: &str) -> Option<Explanation> {
        let breaker = self.get(service)?;
        let laid = self.lock().holding(breaker.service());
        let (in_force, own) = (breaker.config().settings(), laid.own_timeouts());
        Some(Explanation::of(breaker.service(), &laid.said, &in_force, own, breaker.lease()))
    }
}
