//! A binary heap of times whose entries have keys, so that an entry can be changed or removed. Allocates only to grow.

use std::time::Instant;

/// Place of an entry that is not in the heap.
const OUT: usize = usize::MAX;

/// Times, each with a value.
#[derive(Debug)]
pub(super) struct Heap<T> {
    /// Entries, indexed by key.
    entries: Vec<Entry<T>>,
    /// Free keys.
    free: Vec<usize>,
    /// The heap: keys, the earliest time first.
    order: Vec<usize>,
}

#[derive(Debug)]
struct Entry<T> {
    at: Instant,
    /// Index in `order`, or `OUT`.
    place: usize,
    value: Option<T>,
}

impl<T> Heap<T> {
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new(), free: Vec::new(), order: Vec::new() }
    }

    /// Reserves capacity for this many entries in total.
    pub(super) fn reserve(&mut self, entries: usize) {
        self.entries.reserve(entries.saturating_sub(self.entries.len()));
        self.free.reserve(entries.saturating_sub(self.free.len()));
        self.order.reserve(entries.saturating_sub(self.order.len()));
    }

    /// Adds an entry and returns its key, which stays valid until `remove`.
    pub(super) fn add(&mut self, at: Instant, value: T) -> usize {
        let key = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry { at, place: OUT, value: None });
            self.entries.len() - 1
        });
        self.set(key, at, value);
        key
    }

    /// Changes the time and value of an entry, or adds it again if it was popped. Returns the previous value.
    pub(super) fn set(&mut self, key: usize, at: Instant, value: T) -> Option<T> {
        let entry = &mut self.entries[key];
        entry.at = at;
        let before = entry.value.replace(value);
        if entry.place == OUT {
            entry.place = self.order.len();
            self.order.push(key);
        }
        self.restore(self.entries[key].place);
        before
    }

    /// Removes an entry and frees its key.
    pub(super) fn remove(&mut self, key: usize) -> Option<T> {
        self.free.push(key);
        self.take(key)
    }

    /// Returns the earliest time.
    pub(super) fn earliest(&self) -> Option<Instant> {
        self.order.first().map(|key| self.entries[*key].at)
    }

    /// Returns the value of the earliest entry if its time has come. Its key stays valid.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<T> {
        let key = *self.order.first()?;
        if self.entries[key].at > now { None } else { self.take(key) }
    }

    fn take(&mut self, key: usize) -> Option<T> {
        let place = std::mem::replace(&mut self.entries[key].place, OUT);
        if place != OUT {
            self.order.swap_remove(place);
            if let Some(moved) = self.order.get(place) {
                self.entries[*moved].place = place;
                self.restore(place);
            }
        }
        self.entries[key].value.take()
    }

    /// Restores the heap's order after the entry at this place has changed.
    fn restore(&mut self, mut place: usize) {
        while place > 0 && self.is_earlier(place, (place - 1) / 2) {
            self.swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
        loop {
            let children = [2 * place + 1, 2 * place + 2].into_iter().filter(|child| *child < self.order.len());
            let Some(child) = children.min_by_key(|child| self.at(*child)) else { return };
            if !self.is_earlier(child, place) {
                return;
            }
            self.swap(place, child);
            place = child;
        }
    }

    fn at(&self, place: usize) -> Instant {
        self.entries[self.order[place]].at
    }

    fn is_earlier(&self, place: usize, other: usize) -> bool {
        self.at(place) < self.at(other)
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.order.swap(one, other);
        self.entries[self.order[one]].place = one;
        self.entries[self.order[other]].place = other;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    /// Returns a pseudo-random number.
    fn next(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state >> 33
    }

    #[test]
    fn it_does_what_an_ordered_map_does() {
        let start = Instant::now();
        let (mut heap, mut state) = (Heap::new(), 7);
        let mut model = BTreeMap::new();
        let mut keys = Vec::new();
        for step in 0..5_000_u64 {
            // All times differ, so the order is unique.
            let at = start + Duration::from_micros(next(&mut state) % 1_000 * 1_000_000 + step);
            match next(&mut state) % 5 {
                0 | 1 => {
                    let key = heap.add(at, step);
                    model.insert(key, (at, step));
                    keys.push(key);
                }
                2 if !keys.is_empty() => {
                    let key = keys[usize::try_from(next(&mut state)).unwrap_or(0) % keys.len()];
                    assert_eq!(heap.set(key, at, step), model.insert(key, (at, step)).map(|(_, value)| value));
                }
                3 if !keys.is_empty() => {
                    let key = keys.swap_remove(usize::try_from(next(&mut state)).unwrap_or(0) % keys.len());
                    assert_eq!(heap.remove(key), model.remove(&key).map(|(_, value)| value));
                }
                _ => {
                    let first = model.iter().min_by_key(|(_, entry)| **entry).map(|(key, entry)| (*key, *entry));
                    assert_eq!(heap.earliest(), first.map(|(_, (at, _))| at));
                    let due = first.filter(|(_, (first, _))| *first <= at);
                    assert_eq!(heap.pop_due(at), due.map(|(_, (_, value))| value));
                    due.map(|(key, _)| model.remove(&key));
                }
            }
        }
        assert!(model.len() > 100, "{}: the heap was nearly empty", model.len());
    }

    #[test]
    fn an_entry_that_was_reserved_allocates_nothing() {
        let mut heap = Heap::new();
        heap.reserve(3);
        let room = (heap.entries.capacity(), heap.free.capacity(), heap.order.capacity());
        for _ in 0..3 {
            let keys = [(); 3].map(|()| heap.add(Instant::now(), ()));
            assert_eq!(keys.map(|key| heap.remove(key)), [Some(()); 3]);
        }
        assert_eq!((heap.entries.capacity(), heap.free.capacity(), heap.order.capacity()), room);
        assert_eq!(heap.entries.len(), 3, "keys are reused");
    }
}
