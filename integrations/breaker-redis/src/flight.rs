//! Loads that are under way: callers that miss the same key at once share one.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turns;

/// The loads of a cache, by key.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Vec<u8>, Flight>>);

/// Where the callers of one key take turns, and find what the first one has loaded.
type Flight = Arc<Turns<Landed>>;

/// How a load has ended.
#[derive(Default)]
enum Landed {
    #[default]
    NotYet,
    With(Box<dyn Any + Send>),
    /// The callers that wait load themselves, all at once: one after another, the last of them would wait for all of
    /// their errors.
    Failed,
}

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
    /// Waits for its turn. Returns the value, if an earlier caller has loaded one of this type. Otherwise it loads with
    /// `load`, whose value is for the later callers. After an error, each of them loads for itself; if this future is
    /// dropped, the next one does.
    pub(crate) async fn value<V, R, L>(self, load: L) -> Result<V, R>
    where
        V: Clone + Send + 'static,
        L: AsyncFnOnce() -> Result<V, R>,
    {
        let mut landed = self.flight.lock().await;
        match &*landed {
            Landed::With(value) => {
                if let Some(value) = value.downcast_ref::<V>() {
                    return Ok(value.clone());
                }
            }
            Landed::Failed => {
                drop(landed);
                return load().await;
            }
            Landed::NotYet => {}
        }
        let result = load().await;
        // Callers that come now find the value in the cache, or load anew: otherwise one value could be handed on for
        // as long as there are callers.
        self.leave(&mut self.flights.lock());
        *landed = match &result {
            Ok(value) => Landed::With(Box::new(value.clone())),
            Err(_) => Landed::Failed,
        };
        result
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
    use tokio::sync::{Barrier, Notify};

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

    #[tokio::test]
    async fn who_has_waited_for_a_load_that_fails_waits_for_no_other() {
        let flights = Flights::default();
        let (begun, barrier) = (Notify::new(), Barrier::new(2));
        let first = flights.join(b"a").value(async || {
            begun.notified().await;
            Err::<u32, _>("down")
        });
        // Each of these ends only when the other one has begun.
        let second = flights.join(b"a").value(async || Ok::<u32, &str>(u32::from(barrier.wait().await.is_leader())));
        let third = flights.join(b"a").value(async || Ok::<u32, &str>(u32::from(barrier.wait().await.is_leader())));
        let (first, second, third, ()) = tokio::join!(first, second, third, async { begun.notify_one() });
        assert_eq!(first, Err("down"));
        assert_eq!(second.expect("it has loaded") + third.expect("it has loaded"), 1);
        assert!(flights.lock().is_empty());
    }
}
