//! Loads that are under way: callers that miss the same key at once share one.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turns;

/// The loads of a cache, by key.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Vec<u8>, Flight>>);

/// Where the callers of one key take turns, and find the value that the first one has loaded.
type Flight = Arc<Turns<Option<Box<dyn Any + Send>>>>;

impl Flights {
    /// Joins the load of this key, or begins one.
    pub(crate) fn join(&self, key: &[u8]) -> Joined<'_> {
        let mut flights = self.lock();
        let flight = match flights.get(key) {
            Some(flight) => Arc::clone(flight),
            None => Arc::clone(flights.entry(key.to_vec()).or_default()),
        };
        Joined { flights: self, key: key.to_vec(), flight }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flights")
    }
}

/// A caller's part in a load. Dropping the last one of a load ends it.
pub(crate) struct Joined<'a> {
    flights: &'a Flights,
    key: Vec<u8>,
    flight: Flight,
}

impl Joined<'_> {
    /// Waits for its turn. Returns the value, if an earlier caller has loaded one of this type; otherwise it loads with
    /// `load`, whose first result is for the later callers. They load themselves if it is `None`, or if this future is
    /// dropped.
    pub(crate) async fn value<V, R, L>(self, load: L) -> Result<V, R>
    where
        V: Clone + Send + 'static,
        L: AsyncFnOnce() -> Result<V, R>,
    {
        let mut slot = self.flight.lock().await;
        if let Some(value) = slot.as_ref().and_then(|value| value.downcast_ref::<V>()) {
            return Ok(value.clone());
        }
        let value = load().await?;
        // Callers that come now find the value in the cache, or load anew: otherwise one value could be handed on for
        // as long as there are callers.
        self.leave(&mut self.flights.lock());
        *slot = Some(Box::new(value.clone()));
        Ok(value)
    }

    /// Removes the load, if it is the present one of its key.
    fn leave(&self, flights: &mut HashMap<Vec<u8>, Flight>) {
        if flights.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.remove(&self.key);
        }
    }
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        // One is the map's, one is this one's. New ones are made under the lock.
        if Arc::strong_count(&self.flight) <= 2 {
            self.leave(&mut flights);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_kept_of_a_load_that_is_over() {
        let flights = Flights::default();
        let loaded: Result<u32, ()> = flights.join(b"a").value(async || Ok(1)).await;
        let failed: Result<u32, ()> = flights.join(b"b").value(async || Err(())).await;
        assert_eq!((loaded, failed), (Ok(1), Err(())));
        let (one, other) = (flights.join(b"c"), flights.join(b"c"));
        assert!(Arc::ptr_eq(&one.flight, &other.flight));
        drop(one);
        assert_eq!(flights.lock().len(), 1);
        drop(other);
        assert!(flights.lock().is_empty());
    }

    #[tokio::test]
    async fn who_comes_after_a_load_begins_another_one() {
        let flights = Flights::default();
        // It keeps its part in the first load.
        let waiting = flights.join(b"a");
        let first: Result<u32, ()> = flights.join(b"a").value(async || Ok(1)).await;
        let late: Result<u32, ()> = flights.join(b"a").value(async || Ok(2)).await;
        let shared: Result<u32, ()> = waiting.value(async || Ok(3)).await;
        assert_eq!((first, late, shared), (Ok(1), Ok(2), Ok(1)));
        assert!(flights.lock().is_empty());
    }
}
