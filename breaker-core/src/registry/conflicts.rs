//! The conflicts of one service. Of several conflicts between the same two places about one key, only the first and the
//! last are kept, the last with a count, so that code that configures a service from changing values does not fill the
//! memory.

use std::sync::Arc;

use crate::event::Conflict;

#[derive(Debug, Default)]
pub(super) struct Conflicts(Vec<Kept>);

#[derive(Debug)]
struct Kept {
    first: Arc<Conflict>,
    last: Option<Arc<Conflict>>,
}

impl Conflicts {
    pub(super) fn new(conflicts: impl IntoIterator<Item = Arc<Conflict>>) -> Self {
        let mut kept = Self::default();
        for conflict in conflicts {
            kept.add(conflict);
        }
        kept
    }

    /// Adds a conflict, and returns it if it should be reported: after the second one between the same two places,
    /// conflicts are only counted.
    pub(super) fn add(&mut self, conflict: Arc<Conflict>) -> Option<Arc<Conflict>> {
        let Some(kept) = self.0.iter_mut().find(|kept| is_between_the_same(&kept.first, &conflict)) else {
            self.0.push(Kept { first: Arc::clone(&conflict), last: None });
            return Some(conflict);
        };
        let known = |known: &Conflict| known.first == conflict.first && known.second == conflict.second;
        if known(&kept.first) || kept.last.as_deref().is_some_and(known) {
            return None;
        }
        let count = kept.last.as_ref().map_or(1, |last| last.count.saturating_add(1));
        let last = Arc::new(Conflict { count, ..Arc::unwrap_or_clone(conflict) });
        let is_second = kept.last.replace(Arc::clone(&last)).is_none();
        is_second.then_some(last)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Conflict> {
        self.0.iter().flat_map(|kept| [Some(&kept.first), kept.last.as_ref()]).flatten().map(Arc::as_ref)
    }
}

fn is_between_the_same(one: &Conflict, other: &Conflict) -> bool {
    one.key == other.key && one.first.place == other.first.place && one.second.place == other.second.place
}
