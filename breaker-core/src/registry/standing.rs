//! Conflicts that last as long as a configuration is in force.

use std::sync::Arc;

use super::entries::Entry;
use super::laid::Laid;
use crate::config::Config;
use crate::event::{Conflict, EventKind};

impl Laid {
    /// Returns the conflicts of this configuration of the service.
    pub(super) fn standing(&self, service: &str, config: &Config) -> Vec<Arc<Conflict>> {
        let all = [self.short_window(service, config), self.plain_functions(service, config), self.fail_fast(service)];
        all.into_iter().flatten().collect()
    }
}

impl Entry {
    /// Replaces the conflicts of the configuration. Returns events for the new ones: those that are not about the same
    /// two values as before.
    pub(super) fn keep_standing(&mut self, now: Vec<Arc<Conflict>>) -> Vec<EventKind> {
        let before = std::mem::replace(&mut self.standing, now);
        let is_same = |one: &Conflict, other: &Conflict| {
            (one.kind, &one.first.value, &one.second.value) == (other.kind, &other.first.value, &other.second.value)
        };
        let is_new = |conflict: &&Arc<Conflict>| !before.iter().any(|known| is_same(known, conflict));
        self.standing.iter().filter(is_new).cloned().map(EventKind::Conflict).collect()
    }
}
