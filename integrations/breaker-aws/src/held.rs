//! The permits of an operation, in its configuration: they are dropped with it, wherever that happens.

use std::mem;

use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use breaker_core::Permit;

/// The permits that the interceptors of an operation hold. There is a place for several, because a client can have
/// several breakers.
#[derive(Debug)]
pub(crate) struct Held {
    first: Place,
    others: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    owner: Owner,
    /// `None` once the outcome of the call is recorded.
    permit: Option<Permit>,
}

/// Which interceptor holds a permit: its address, where it stays as long as it is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(usize);

impl Owner {
    pub(crate) fn of<T>(interceptor: &T) -> Self {
        Self(std::ptr::from_ref(interceptor).addr())
    }
}

impl Storable for Held {
    type Storer = StoreReplace<Self>;
}

impl Held {
    /// Keeps the permit of a call that begins.
    pub(crate) fn keep(owner: Owner, permit: Permit, cfg: &mut ConfigBag) {
        let place = Place { owner, permit: Some(permit) };
        match cfg.get_mut_from_interceptor_state::<Self>() {
            Some(held) => held.put(place),
            None => drop(cfg.interceptor_state().store_put(Self { first: place, others: Vec::new() })),
        }
    }

    /// Returns the permit of a call that has ended.
    pub(crate) fn take(owner: Owner, cfg: &mut ConfigBag) -> Option<Permit> {
        cfg.get_mut_from_interceptor_state::<Self>()?.of(owner)?.permit.take()
    }

    fn put(&mut self, new: Place) {
        match self.of(new.owner) {
            Some(place) => drop(mem::replace(place, new)),
            None => self.others.push(new),
        }
    }

    fn of(&mut self, owner: Owner) -> Option<&mut Place> {
        std::iter::once(&mut self.first).chain(&mut self.others).find(|place| place.owner == owner)
    }
}
