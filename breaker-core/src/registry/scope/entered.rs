//! The scopes that a thread has entered.

use std::cell::RefCell;
use std::marker::PhantomData;

use crate::breaker::CircuitBreaker;
use crate::registry::Registry;
use crate::site::Site;

thread_local! {
    /// In ascending order of the numbers; the last scope is the current one.
    static ENTERED: RefCell<Vec<(u64, &'static Registry)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps this thread in a scope until it is dropped. Several may be dropped in any order.
#[derive(Debug)]
pub(super) struct Entered {
    /// `None` on a thread that is ending.
    number: Option<u64>,
    /// Not `Send`: it belongs to its thread.
    thread: PhantomData<*const ()>,
}

impl Entered {
    pub(super) fn new(registry: &'static Registry) -> Self {
        let enter = |entered: &RefCell<Vec<_>>| {
            let mut entered = entered.borrow_mut();
            let number = entered.last().map_or(0, |(last, _)| last + 1);
            entered.push((number, registry));
            number
        };
        Self { number: ENTERED.try_with(enter).ok(), thread: PhantomData }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // On a thread that is ending, there is nothing to remove.
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().retain(|(number, _)| Some(*number) != self.number));
    }
}

/// Returns the registry of this thread's current scope.
pub(in super::super) fn current() -> Option<&'static Registry> {
    ENTERED.try_with(|entered| entered.borrow().last().map(|(_, registry)| *registry)).ok().flatten()
}

/// Returns the breaker of an annotated function in this thread's current scope.
pub(in super::super) fn breaker_of(site: &'static Site) -> Option<&'static CircuitBreaker> {
    Some(current()?.get(site.service())?.leak())
}
