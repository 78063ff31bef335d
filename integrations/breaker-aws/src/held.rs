//! The permits of an operation, in its configuration: they are dropped with it, wherever that happens.

use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use breaker_core::Permit;

/// The permit that an interceptor holds for an operation, and those of others: a client can have several breakers.
#[derive(Debug)]
pub(crate) struct Held {
    owner: Owner,
    /// `None` once the outcome of the call is recorded.
    permit: Option<Permit>,
    next: Option<Box<Self>>,
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
    #[inline]
    pub(crate) fn keep(owner: Owner, permit: Permit, cfg: &mut ConfigBag) {
        match cfg.get_mut_from_interceptor_state::<Self>() {
            None => drop(cfg.interceptor_state().store_put(Self { owner, permit: Some(permit), next: None })),
            Some(held) => held.put(owner, permit),
        }
    }

    /// Returns the permit of a call that has ended.
    #[inline]
    pub(crate) fn take(owner: Owner, cfg: &mut ConfigBag) -> Option<Permit> {
        cfg.get_mut_from_interceptor_state::<Self>()?.of(owner)?.permit.take()
    }

    fn put(&mut self, owner: Owner, permit: Permit) {
        match self.of(owner) {
            Some(held) => drop(held.permit.replace(permit)),
            None => self.next = Some(Box::new(Self { owner, permit: Some(permit), next: self.next.take() })),
        }
    }

    #[inline]
    fn of(&mut self, owner: Owner) -> Option<&mut Self> {
        if self.owner == owner { Some(self) } else { self.next.as_deref_mut()?.of(owner) }
    }
}
