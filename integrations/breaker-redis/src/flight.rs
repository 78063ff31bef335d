//! Loads that are under way: callers that miss the same key at once share one.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as Turns;

/// The loads of a cache, by key.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Vec<u8>, Flight>>);

/// Where the callers of one key take turns, and find the value that the first one has loaded.
type Flight = Arc<Turns<Option<Box<dyn Any + Send>>>>;

impl Flights {
    /// Joins the load of this key, or begins one.
    pub(crate) fn join(&self, key: &[u8]) -> Joined<'_> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = match flights.get(key) {
            Some(flight) => Arc::clone(flight),
            None => Arc::clone(flights.entry(key.to_vec()).or_default()),
        };
        Joined { flights: self, key: key.to_vec(), flight }
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
        self.leave();
        *slot = Some(Box::new(value.clone()));
        Ok(value)
    }

    /// Removes the load, if it is the present one of its key.
    fn leave(&self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.remove(&self.key);
        }
    }
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        let flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One is the map's, one is this one's. New ones are made under the lock.
        let is_last = Arc::strong_count(&self.flight) <= 2;
        drop(flights);
        if is_last {
            self.leave();
        }
    }
}
