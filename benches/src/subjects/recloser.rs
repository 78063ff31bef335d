//! recloser: the failure rate of the last calls, in a ring buffer under a spin lock, behind an epoch.

use std::time::Duration;

use recloser::{AsyncRecloser, Error, Recloser};

use super::{Guarded, Purpose};
use crate::work::{CallResult, Failed, Stream, poll};

pub(super) struct Plain(Recloser);

pub(super) struct Future(AsyncRecloser);

pub(super) fn plain(purpose: Purpose) -> Option<Plain> {
    breaker(purpose).map(Plain)
}

pub(super) fn future(purpose: Purpose) -> Option<Future> {
    breaker(purpose).map(|recloser| Future(recloser.into()))
}

/// Its ring buffer is evaluated only once it is full, so a circuit that opens at one failure is not possible.
fn breaker(purpose: Purpose) -> Option<Recloser> {
    let custom = Recloser::custom();
    if purpose == Purpose::Defaults {
        return Some(custom.build());
    }
    Some(match purpose {
        Purpose::Closed => custom.error_rate(0.9).closed_len(100).build(),
        Purpose::Rejected => custom.error_rate(0.9).closed_len(1).open_wait(Duration::from_secs(3_600)).build(),
        // No success lowers the rate to a negative one, so the circuit stays half-open.
        Purpose::Probing => custom
            .error_rate_closed(0.9)
            .error_rate_half_open(-0.5)
            .closed_len(1)
            .half_open_len(100)
            .open_wait(Duration::ZERO)
            .build(),
        // It has no minimum but its buffer's length.
        Purpose::Cycling | Purpose::Waiting | Purpose::Defaults => return None,
    })
}

impl<S: Stream> Guarded<S> for Plain {
    type Local<'a> = &'a Recloser;

    fn local(&self) -> &Recloser {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(recloser: &mut &Recloser, n: u64) -> CallResult {
        call_result(&recloser.call(|| S::work(n)))
    }
}

impl<S: Stream> Guarded<S> for Future {
    type Local<'a> = &'a AsyncRecloser;

    fn local(&self) -> &AsyncRecloser {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(recloser: &mut &AsyncRecloser, n: u64) -> CallResult {
        call_result(&poll(recloser.call(async move { S::work(n) })))
    }
}

#[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
#[inline(always)]
fn call_result(result: &Result<u64, Error<Failed>>) -> CallResult {
    match result {
        Ok(value) => CallResult::Done(*value),
        Err(Error::Inner(_)) => CallResult::Failed,
        Err(Error::Rejected) => CallResult::Rejected,
    }
}
