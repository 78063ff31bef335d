//! Injects a test's faults into calls of annotated functions. Feature `test-util`.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use super::deadline::own_timeout;
use super::ended::Ended;
use crate::breaker::CircuitBreaker;
use crate::breaker::fault::Effect;
use crate::clock::nanos;
use crate::engine::ticket::End;
use crate::permit::BorrowedPermit as Permit;
use crate::timer::Timer;

/// The injected latency that the body of an async function waits for, if there is one.
pub(super) struct Injection(Option<Pin<Box<Timer>>>);

/// A panic can at most leave the timer without effect.
impl UnwindSafe for Injection {}
impl RefUnwindSafe for Injection {}

/// The next step of the call.
pub(super) enum Step<'a, R> {
    /// Poll the body.
    Body(Permit<'a>),
    /// Return `Pending`.
    Wait(Permit<'a>),
    /// End the call.
    End(Ended<'a, R>),
}

impl Injection {
    pub(super) const NEW: Self = Self(None);

    /// Runs before each poll of the body. `of_function` is the function's own timeout in nanoseconds, or 0.
    pub(super) fn poll<'a, R>(
        &mut self,
        is_first: bool,
        permit: Permit<'a>,
        of_function: u64,
        cx: &mut Context<'_>,
    ) -> Step<'a, R> {
        let breaker = permit.breaker();
        match if is_first { breaker.fault().next() } else { None } {
            None => {}
            Some(Effect::Error(error)) => return Step::End(Ended::Injected(error, permit)),
            Some(Effect::Timeout) => return Step::End(time_out(permit, of_function)),
            Some(Effect::Latency(latency)) => self.0 = Some(Box::pin(timer(breaker, latency))),
        }
        let Some(timer) = &mut self.0 else { return Step::Body(permit) };
        if timer.as_mut().poll(breaker.clock(), cx).is_pending() {
            return Step::Wait(permit);
        }
        self.0 = None;
        Step::Body(permit)
    }
}

fn timer(breaker: &CircuitBreaker, latency: Duration) -> Timer {
    let clock = breaker.clock();
    Timer::new(clock, clock.now().saturating_add(nanos(latency)))
}

/// Ends the call as its deadline would.
fn time_out<R>(permit: Permit<'_>, of_function: u64) -> Ended<'_, R> {
    let breaker = permit.breaker();
    let timeout = breaker.call_timeout(own_timeout(of_function), permit.is_probe());
    let Some(timeout) = timeout else {
        panic!(
            "`Fault::timeout` for `{}`: neither the function nor the service has a `request_timeout`",
            breaker.service()
        )
    };
    permit.end(End::TimedOut);
    Ended::Rejected(breaker.timed_out(timeout))
}

/// Injects a fault into a plain function: returns the permit if the body is to run, otherwise the end of the call.
pub(crate) fn into_plain<R>(permit: Permit<'_>) -> Result<Permit<'_>, Ended<'_, R>> {
    let breaker = permit.breaker();
    match breaker.fault().next() {
        None => Ok(permit),
        Some(Effect::Error(error)) => Err(Ended::Injected(error, permit)),
        Some(Effect::Timeout) => panic!(
            "`Fault::timeout` for `{}`: a plain `fn` can't time out, because there is nothing to cancel; inject an error or a latency",
            breaker.service()
        ),
        Some(Effect::Latency(latency)) => {
            let Some(time) = breaker.clock().crank() else {
                panic!(
                    "`Fault::latency` for `{}`: a plain `fn` can't wait, and only a manual clock can be advanced; make the function async, or the scope outside of tokio's paused time",
                    breaker.service()
                )
            };
            time.advance(latency);
            Ok(permit)
        }
    }
}
