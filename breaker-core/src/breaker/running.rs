//! A call that begins and ends on one thread, in one function.

use std::mem;

use super::{CircuitBreaker, Inner};
use crate::engine::memory::Engine;
use crate::engine::stripe::Stripe;
use crate::engine::ticket::{End, Ticket};
use crate::error::Rejection;

/// An admitted call while its function runs. A panic that unwinds through it is a failure of the call.
///
/// It keeps what the engine needs, not the breaker: one pointer less to follow when the call ends.
pub(crate) struct Running<'a> {
    host: &'a Inner,
    /// The stripe that counts a plain call.
    own: Option<&'a Stripe>,
    ticket: Ticket,
}

impl CircuitBreaker {
    /// Like [`begin`](Self::begin), for a call that also ends on this thread.
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    pub(crate) fn begin_here(&self) -> Result<Running<'_>, Rejection> {
        let host = &*self.0;
        match Engine::begin_here(host) {
            Ok((own, ticket)) => Ok(Running { host, own, ticket }),
            Err(rejected) => Err(host.rejection(rejected)),
        }
    }
}

impl Running<'_> {
    #[expect(clippy::inline_always, reason = "the short path is a few loads and adds")]
    #[inline(always)]
    pub(crate) fn end(self, end: End) {
        let Self { host, own, ticket } = self;
        mem::forget(self);
        Engine::end_here(host, own, ticket, end);
    }
}

impl Drop for Running<'_> {
    #[inline]
    fn drop(&mut self) {
        panicked(self.host, self.ticket);
    }
}

/// Takes its arguments by value, so that they stay in registers.
#[cold]
#[inline(never)]
fn panicked(host: &Inner, ticket: Ticket) {
    Engine::end(host, ticket, End::Failure);
}
