//! Another configuration: compared with the one before, taken over, and told.

use breaker_keys::Value;

use super::limits::limits;
use super::{CircuitBreaker, changes};
use crate::config::Config;
use crate::event::{ConfigChange, Event, EventKind};
use crate::hub::Hub;
use crate::settings::{Origin, SourcedSettings};

impl CircuitBreaker {
    /// Takes another configuration. State, counters and subscribers stay; a changed window keeps what still fits (from
    /// time to time and from count to count; between the two it starts empty). An open period in progress is measured anew,
    /// from when the circuit opened; one that a call asked for stays, within the new `open_timeout_max`.
    ///
    /// [`EventKind::Reconfigured`] lists what changed. A configuration that changes nothing is no event.
    pub fn reconfigure(&self, config: Config) {
        let said = SourcedSettings::new(config.said().clone(), |_| Origin::Runtime);
        let said = said.over_defaults(SourcedSettings::default());
        Reconfigured::tell(self.take_over(config.overriding_functions(), &said).as_slice());
    }

    /// The same without a word: whoever holds a lock tells later. `said` has the places of the values. Nothing if it changes
    /// nothing.
    pub(crate) fn take_over(&self, config: Config, said: &SourcedSettings) -> Option<Reconfigured> {
        let now = self.0.clock.compared_now();
        Self::prepare(&config, &self.0.clock);
        let mut current = self.0.in_force();
        let changed = current.config().changes_to(&config, said);
        let events = (!changed.is_empty()).then(|| {
            self.0.timeouts.obey(&config);
            let (settled, sequence) = self.0.engine.reconfigure(limits(&config), now);
            let kind = EventKind::Reconfigured { changes: changed.into() };
            // Now, or the event of another thread would wait for the thread that delivers.
            let all = changes(&settled).chain([(sequence, now, kind)]);
            all.map(|(sequence, at, kind)| self.0.record(sequence, at, kind)).collect()
        });
        // Also where nothing changes: the same values may be set otherwise, which `explain` shows.
        current.replace(config);
        Some(Reconfigured { breaker: self.clone(), events: events? })
    }
}

impl Config {
    /// The values that are others under `next`, in the order of the keys, with the places where `said` has them.
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

/// A breaker that has taken another configuration over, and has not told so yet.
#[must_use = "listeners wait for it"]
pub(crate) struct Reconfigured {
    breaker: CircuitBreaker,
    events: Vec<Event>,
}

impl Reconfigured {
    /// To be called outside of every lock: listeners run.
    pub(crate) fn tell(changed: &[Self]) {
        let hubs: Vec<_> = changed.iter().map(|changed| &changed.breaker.0.hub).collect();
        let events: Vec<_> = changed.iter().flat_map(|changed| changed.events.iter().cloned()).collect();
        Hub::deliver_all(&hubs, &events);
    }
}
