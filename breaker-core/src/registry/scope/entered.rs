//! The scopes that a thread is in.

use std::cell::RefCell;
use std::marker::PhantomData;

use crate::breaker::CircuitBreaker;
use crate::registry::Registry;
use crate::site::Site;

thread_local! {
    /// By rising numbers; the last one holds.
    static ENTERED: RefCell<Vec<(u64, &'static Registry)>> = const { RefCell::new(Vec::new()) };
}

/// This thread is in a scope until this is dropped, in whatever order.
#[derive(Debug)]
pub(super) struct Entered {
    /// `None` on a thread that ends.
    number: Option<u64>,
    /// It belongs to its thread.
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
        // On a thread that ends there is nothing to leave.
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().retain(|(number, _)| Some(*number) != self.number));
    }
}

/// The registry of the scope that this thread is in.
pub(in super::super) fn current() -> Option<&'static Registry> {
    ENTERED.try_with(|entered| entered.borrow().last().map(|(_, registry)| *registry)).ok().flatten()
}

/// The breaker of an annotated function in the scope that this thread is in.
pub(in super::super) fn breaker_of(site: &'static Site) -> Option<&'static CircuitBreaker> {
    Some(current()?.get(site.service())?.leak())
}
