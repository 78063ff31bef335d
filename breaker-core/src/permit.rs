//! Permits: each is the right to run one call, and must be given back with the call's outcome.

use std::fmt;
use std::mem;

use crate::breaker::CircuitBreaker;
use crate::breaker::handle::Handle;
use crate::engine::host::Host;
use crate::engine::memory::Engine;
use crate::engine::ticket::{End, Ticket};
use crate::error::Rejection;
use crate::outcome::Outcome;

impl CircuitBreaker {
    /// Asks for admission. The caller must give the permit back with the outcome of its call.
    ///
    /// [`call`](Self::call) and [`call_async`](Self::call_async) do both. A probe's permit may move to any thread, so
    /// other calls made while it is held are ordinary calls, except inside [`Permit::run`] and [`Permit::stream`]. A
    /// permit taken inside a running probe of this breaker, or inside a [`bypass`](crate::bypass), records nothing.
    ///
    /// # Errors
    /// Returns a [`Rejection`] with the reason if the circuit doesn't admit a call now.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit, Rejection> {
        match self.begin_anywhere() {
            Ok(ticket) => {
                let stage = if std::thread::panicking() { Stage::Idle } else { Stage::Running };
                Ok(Permit { breaker: self.handle(), stage, ticket })
            }
            Err(rejection) => Err(rejection),
        }
    }

    /// Asks for admission of a call that begins in [`Permit::enter`] and continues in [`Permit::run`]. It differs from
    /// [`try_acquire`](Self::try_acquire) only in a panic: one that drops the permit outside of both is not the call's,
    /// so the call is abandoned.
    ///
    /// # Errors
    /// Returns a [`Rejection`] with the reason if the circuit doesn't admit a call now.
    #[inline]
    pub fn try_acquire_idle(&self) -> Result<Permit, Rejection> {
        match self.begin_anywhere() {
            Ok(ticket) => Ok(Permit { breaker: self.handle(), stage: Stage::Idle, ticket }),
            Err(rejection) => Err(rejection),
        }
    }

    /// Like `try_acquire`, but the permit borrows the breaker: no reference count changes.
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    pub(crate) fn borrow_permit(&self) -> Result<BorrowedPermit<'_>, Rejection> {
        Ok(BorrowedPermit::new(self, self.begin()?))
    }
}

/// The right to run one call. Give it back with the outcome of the call.
///
/// A dropped permit counts as an abandoned call, which affects no rule. The exception is a call that has already run
/// for `slow_call_duration`: it counts as slow. A permit remembers the state that admitted it: a result that arrives
/// after the state has changed is late and affects no rule.
///
/// # Panics
///
/// A panic that drops the permit counts as a failure of the call, even if it was raised elsewhere: a permit can't tell
/// where a panic comes from, so one that unwinds past ten permits counts as ten failures. Futures of [`run`](Self::run)
/// and of [`CircuitBreaker::call_async`] can tell: only a panic in the future itself is its failure. A permit that was
/// taken while its thread was already unwinding (in a destructor) counts as abandoned when it is dropped there.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config};
///
/// let breaker = CircuitBreaker::new("queue", Config::default());
/// let permit = breaker.try_acquire()?;
/// match std::fs::read("there is no such file") {
///     Ok(_) => permit.success(),
///     Err(error) if error.kind() == std::io::ErrorKind::NotFound => permit.ignore(),
///     Err(_) => permit.failure(),
/// }
/// assert_eq!(breaker.metrics().ignored, 1);
/// # Ok::<(), breaker_core::Rejection>(())
/// ```
#[must_use = "a permit that is dropped counts as an abandoned call"]
pub struct Permit {
    breaker: Handle,
    stage: Stage,
    ticket: Ticket,
}

/// Where a call is. As wide as its place in the permit: padding would be copied piece by piece. (Nor an `Option` of the
/// ticket with a flag beside it: each word of a permit is copied several times.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
enum Stage {
    /// A panic that drops the permit is the call's failure.
    Running,
    /// A panic that drops the permit is not the call's: the permit was taken during an unwind, or the call isn't being
    /// polled.
    Idle,
    /// The call has been recorded.
    Ended,
}

impl Permit {
    /// Records a success.
    pub fn success(self) {
        self.record(Outcome::Success);
    }

    /// Records a failure.
    pub fn failure(self) {
        self.record(Outcome::Failure);
    }

    /// Records an ignored call, whose result carries no information about the service.
    pub fn ignore(self) {
        self.record(Outcome::Ignore);
    }

    /// Records the outcome of the call.
    pub fn record(mut self, outcome: Outcome) {
        self.end(outcome.into());
    }

    #[inline]
    fn end(&mut self, end: End) {
        if mem::replace(&mut self.stage, Stage::Ended) != Stage::Ended {
            self.breaker.end(self.ticket, end);
        }
    }

    /// Records a failure by `request_timeout`.
    pub(crate) fn time_out(&mut self) {
        self.end(End::TimedOut);
    }

    /// Keeps this permit, whose call isn't polled yet: if it is dropped now, for any reason, the call is abandoned.
    #[inline]
    pub(crate) fn kept(self) -> Self {
        let mut kept = self;
        if kept.stage == Stage::Running {
            kept.stage = Stage::Idle;
        }
        kept
    }

    /// Runs code that is part of the call, before it is polled: for example `call` of a tower service, which creates the
    /// future that [`run`](Self::run) takes. A panic in it is a failure of the call. If the call is a probe of a
    /// half-open circuit, calls of this breaker that `part` makes are part of the probe.
    ///
    /// ```
    /// use breaker_core::{CallError, CircuitBreaker, Config};
    /// use tower::{Service, service_fn};
    ///
    /// # futures::executor::block_on(async {
    /// let breaker = CircuitBreaker::new("adder", Config::default());
    /// let mut service = service_fn(|n: u32| async move { n.checked_add(1).ok_or("overflow") });
    /// let mut permit = breaker.try_acquire_idle()?;
    /// let future = permit.enter(|| service.call(41));
    /// assert_eq!(permit.run(future).await, Ok(42));
    /// # Ok::<(), breaker_core::Rejection>(())
    /// # }).unwrap();
    /// ```
    #[inline]
    pub fn enter<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let Some(entered) = self.polled_now() else { return part() };
        let part = part();
        entered.leave();
        part
    }

    /// Marks a kept permit's call as polled on this thread. Returns `None` if the call has ended.
    #[inline]
    pub(crate) fn polled_now(&mut self) -> Option<Polled<'_>> {
        if self.stage == Stage::Ended {
            return None;
        }
        self.probe_with(Ticket::in_frame);
        Some(Polled(self))
    }

    /// Marks the call as not running: if the permit is dropped now, for any reason, the call is abandoned.
    #[inline]
    pub(crate) fn held(self) -> Self {
        let mut held = self;
        held.probe_with(Ticket::out_of_frame);
        held.kept()
    }

    /// Marks the call as running on this thread, where only its own code can drop the permit: a panic that does is its
    /// failure.
    pub(crate) fn in_use(self) -> Self {
        let mut used = self;
        if used.stage == Stage::Idle {
            used.stage = Stage::Running;
        }
        used.probe_with(Ticket::in_frame);
        used
    }

    #[inline]
    fn probe_with(&mut self, change: impl FnOnce(Ticket, &Engine) -> Ticket) {
        if self.is_probe() {
            self.ticket = change(self.ticket, self.breaker.host().engine());
        }
    }

    /// Returns the time of admission on the breaker's clock; `None` where calls are not timed, except for probes.
    pub(crate) fn started(&self) -> Option<u64> {
        self.ticket.started()
    }

    /// Returns the breaker that gave this permit.
    pub fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    /// Whether the call is a probe in a half-open circuit.
    #[inline]
    pub fn is_probe(&self) -> bool {
        self.ticket.is_probe()
    }
}

impl Drop for Permit {
    #[inline]
    fn drop(&mut self) {
        // Nearly every permit has been given back.
        if self.stage != Stage::Ended {
            self.abandon();
        }
    }
}

impl Permit {
    #[cold]
    #[inline(never)]
    fn abandon(&mut self) {
        let has_panicked = self.stage == Stage::Running && std::thread::panicking();
        self.end(if has_panicked { End::Failure } else { End::Abandoned });
    }
}

/// A permit whose call is being polled, in the place where it is kept: moving it would cost every call. Only a panic of
/// the polled code drops it, which is a failure of the call.
pub(crate) struct Polled<'a>(&'a mut Permit);

impl Polled<'_> {
    /// Records the outcome of the call.
    #[expect(clippy::inline_always, reason = "as `CircuitBreaker::end`")]
    #[inline(always)]
    pub(crate) fn record(self, outcome: Outcome) {
        // No test: while a call is polled, nothing else can end it.
        self.0.stage = Stage::Ended;
        self.0.breaker.end(self.0.ticket, outcome.into());
        mem::forget(self);
    }

    /// Leaves the call pending: its next poll may be on another thread.
    #[inline]
    pub(crate) fn leave(self) {
        self.0.probe_with(Ticket::out_of_frame);
        mem::forget(self);
    }
}

impl Drop for Polled<'_> {
    #[cold]
    fn drop(&mut self) {
        self.0.end(End::Failure);
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("service", &self.breaker.service())
            .field("probe", &self.is_probe())
            .finish_non_exhaustive()
    }
}

/// A permit that borrows its breaker, for calls inside this crate. A dropped one counts as an abandoned call.
#[must_use = "a permit that is dropped counts as an abandoned call"]
#[derive(Debug)]
pub struct BorrowedPermit<'a> {
    breaker: &'a CircuitBreaker,
    ticket: Ticket,
}

impl<'a> BorrowedPermit<'a> {
    #[inline]
    pub(crate) fn new(breaker: &'a CircuitBreaker, ticket: Ticket) -> Self {
        Self { breaker, ticket }
    }

    /// Records the outcome of the call.
    #[expect(clippy::inline_always, reason = "as `CircuitBreaker::end`")]
    #[inline(always)]
    pub fn record(self, outcome: Outcome) {
        self.end(outcome.into());
    }

    #[expect(clippy::inline_always, reason = "as `CircuitBreaker::end`")]
    #[inline(always)]
    pub(crate) fn end(self, end: End) {
        let Self { breaker, ticket } = self;
        mem::forget(self);
        breaker.end(ticket, end);
    }

    /// Returns a guard to hold while user code runs: a panic that unwinds through it is a failure of the call.
    #[inline]
    pub(crate) fn guard(self) -> PanicGuard<'a> {
        let Self { breaker, ticket } = self;
        mem::forget(self);
        PanicGuard { breaker, ticket }
    }

    /// Returns the time of admission on the breaker's clock; `None` where calls are not timed, except for probes.
    pub(crate) fn started(&self) -> Option<u64> {
        self.ticket.started()
    }

    pub(crate) fn is_probe(&self) -> bool {
        self.ticket.is_probe()
    }

    /// Marks a call that is polled again as running on this thread. Calls made inside a running probe are part of it.
    /// Admission has marked it for the first poll.
    #[inline]
    pub(crate) fn resumed(self) -> Self {
        let mut resumed = self;
        if resumed.ticket.is_probe() {
            resumed.ticket = resumed.ticket.in_frame(resumed.breaker.host().engine());
        }
        resumed
    }

    /// Marks the call as pending: its next poll may be on another thread.
    pub(crate) fn paused(self) -> Self {
        let mut paused = self;
        if paused.ticket.is_probe() {
            paused.ticket = paused.ticket.out_of_frame(paused.breaker.host().engine());
        }
        paused
    }

    /// Returns the breaker that gave this permit.
    #[inline]
    pub fn breaker(&self) -> &'a CircuitBreaker {
        self.breaker
    }
}

impl Drop for BorrowedPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        end_rarely(self.breaker, self.ticket, End::Abandoned);
    }
}

/// A separate function, because it is in the drop glue of every future. It takes its arguments by value, so that they
/// stay in registers.
#[cold]
#[inline(never)]
fn end_rarely(breaker: &CircuitBreaker, ticket: Ticket, end: End) {
    breaker.end(ticket, end);
}

/// A permit while user code runs. Only a panic of that code drops it.
pub(crate) struct PanicGuard<'a> {
    breaker: &'a CircuitBreaker,
    ticket: Ticket,
}

impl<'a> PanicGuard<'a> {
    /// Ends the guard after the code has returned.
    #[inline]
    pub(crate) fn end(self) -> BorrowedPermit<'a> {
        let Self { breaker, ticket } = self;
        mem::forget(self);
        BorrowedPermit { breaker, ticket }
    }
}

impl Drop for PanicGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        end_rarely(self.breaker, self.ticket, End::Failure);
    }
}
