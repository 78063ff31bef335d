//! A listener that blocks until the test releases it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use breaker_core::Event;

/// A listener that reports each event to the test, then blocks until the test releases it. Once this value is dropped,
/// the listener never blocks again.
#[derive(Debug)]
pub struct Slow {
    /// Receives each event when the listener starts to handle it.
    pub hears: Receiver<Event>,
    go: Sender<()>,
}

impl Slow {
    /// Returns the handle for the test, and the listener.
    pub fn new() -> (Self, impl Fn(&Event) + Send + Sync + 'static) {
        let (say, hears) = channel();
        let (go, wait) = channel();
        let wait = Mutex::new(wait);
        let listener = move |event: &Event| {
            // An error means that the test is over.
            let _ = say.send(event.clone());
            let _ = wait.lock().unwrap_or_else(PoisonError::into_inner).recv();
        };
        (Self { hears, go }, listener)
    }

    /// Waits for the next event that the listener starts to handle.
    ///
    /// # Panics
    /// If the listener is gone.
    pub fn next(&self) -> Event {
        self.hears.recv().expect("the listener is there")
    }

    /// Lets the listener finish one event.
    ///
    /// # Panics
    /// If the listener is gone.
    pub fn go(&self) {
        self.go.send(()).expect("the listener is there");
    }
}
