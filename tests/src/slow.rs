//! A listener that takes as long as the test wants.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use breaker_core::Event;

/// A listener that says what it hears, and then waits until the test lets it go on; for good when the test's end is
/// dropped.
#[derive(Debug)]
pub struct Slow {
    /// What it has begun to hear, in order.
    pub hears: Receiver<Event>,
    go: Sender<()>,
}

impl Slow {
    /// The test's end, and the listener.
    pub fn new() -> (Self, impl Fn(&Event) + Send + Sync + 'static) {
        let (say, hears) = channel();
        let (go, wait) = channel();
        let wait = Mutex::new(wait);
        let listener = move |event: &Event| {
            // An error says that the test is over.
            let _ = say.send(event.clone());
            let _ = wait.lock().unwrap_or_else(PoisonError::into_inner).recv();
        };
        (Self { hears, go }, listener)
    }

    /// What it hears next, when it hears it.
    ///
    /// # Panics
    /// When the listener is gone.
    pub fn next(&self) -> Event {
        self.hears.recv().expect("the listener is there")
    }

    /// Lets it end with one event.
    ///
    /// # Panics
    /// When the listener is gone.
    pub fn go(&self) {
        self.go.send(()).expect("the listener is there");
    }
}
