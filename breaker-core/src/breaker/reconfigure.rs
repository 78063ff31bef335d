//! Changes of a breaker's configuration, and the events that report them.

use breaker_keys::Value;

use super::limits::limits;
use super::{CircuitBreaker, changes};
use crate::config::Config;
use crate::event::{ConfigChange, Event, EventKind};
use crate::hub::Hub;
use crate::settings::{Origin, SourcedSettings};

impl CircuitBreaker {
    /// Replaces the configuration. State, counters and subscribers are kept. A changed window keeps what still fits
    /// (from time to time and from count to count; between the two it starts empty). The end of an open period in
    /// progress is computed again, from when the circuit opened; a period that a call asked for is kept, up to the new
    /// `open_timeout_max`.
    ///
    /// [`EventKind::Reconfigured`] lists what changed. There is no event if nothing changed.
    pub fn reconfigure(&self, config: Config) {
        let said = SourcedSettings::new(config.said().clone(), |_| Origin::Runtime);
        let said = said.over_defaults(SourcedSettings::default());
        Reconfigured::tell(self.take_over(config.overriding_functions(), &said).as_slice());
    }

    /// Replaces the configuration without delivering events, for callers that hold a lock and deliver them later.
    /// `said` has the places of the values. Returns `None` if nothing changed.
    pub(crate) fn take_over(&self, config: Config, said: &SourcedSettings) -> Option<Reconfigured> {
        let now = self.0.clock.compared_now();
        Self::prepare(&config, &self.0.clock);
        let mut current = self.0.in_force();
        let changed = current.config().changes_to(&config, said);
        let events = (!changed.is_empty()).then(|| {
            self.0.timeouts.obey(&config);
            let (settled, sequence) = self.0.engine.reconfigure(limits(&config), now);
            let kind = EventKind::Reconfigured { changes: changed.into() };
            // Recorded now; otherwise events of other threads would wait for the thread that delivers these.
            let all = changes(&settled).chain([(sequence, now, kind)]);
            all.map(|(sequence, at, kind)| self.0.record(sequence, at, kind)).collect()
        });
        // Also if no value changes: the same values may come from other places, which `explain` shows.
        current.replace(config);
        Some(Reconfigured { breaker: self.clone(), events: events? })
    }
}

impl Config {
    /// Returns the values that differ in `next`, in the order of the keys, with their places according to `said`.
    fn changes_to(&self, next: &Self, said: &SourcedSettings) -> Vec<ConfigChange> {
        let (before, after) = (self.settings(), next.settings());
        let changed = breaker_keys::settings().filter_map(|key| {
            let [before, after] = [&before, &after].map(|values| values.get(key).unwrap_or(Value::Off));
            let is_change = before != after || !self.means_the_same(next, key.name);
            is_change.then(|| ConfigChange {
                key: key.name,
                before: before.to_string(),
                after: after.to_string(),
                place: said.origin(key.name).unwrap_or(&Origin::Default).to_string(),
            })
        });
        changed.collect()
    }
}

/// A breaker whose configuration was replaced, with the events that are not delivered yet.
#[must_use = "listeners wait for it"]
pub(crate) struct Reconfigured {
    breaker: CircuitBreaker,
    events: Vec<Event>,
}

impl Reconfigured {
    /// Delivers the events. Call it outside of every lock, because listeners run.
    pub(crate) fn tell(changed: &[Self]) {
        let hubs: Vec<_> = changed.iter().map(|changed| &changed.breaker.0.hub).collect();
        let events: Vec<_> = changed.iter().flat_map(|changed| changed.events.iter().cloned()).collect();
        Hub::deliver_all(&hubs, &events);
    }
}
