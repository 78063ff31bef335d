//! Permits: the right to run one call, and the duty to say how it ended.

use std::fmt;
use std::mem;

use crate::breaker::CircuitBreaker;
use crate::breaker::handle::Handle;
use crate::engine::host::Host;
use crate::engine::memory::Engine;
use crate::engine::stripe::Stripe;
use crate::engine::ticket::{End, Ticket};
use crate::error::Rejection;
use crate::outcome::Outcome;

impl CircuitBreaker {
    /// Asks for admission; the permit has to be given back with how the call ended.
    ///
    /// [`call`](Self::call) and [`call_async`](Self::call_async) do both for you. A permit of a probe may go anywhere, so calls
    /// that are made meanwhile are ordinary ones, except inside [`Permit::run`] and [`Permit::stream`]. One that is taken inside a
    /// running probe of this breaker, or inside a [`bypass`](crate::bypass), records nothing.
    ///
    /// # Errors
    /// A [`Rejection`] says why the circuit doesn't admit a call now.
    pub fn try_acquire(&self) -> Result<Permit, Rejection> {
        let ticket = Some(self.begin_anywhere()?);
        Ok(Permit { breaker: self.handle(), ticket, outlives_panics: std::thread::panicking() })
    }

    /// Like `try_acquire`, borrowed: no counter of handles is touched.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    pub(crate) fn borrow_permit(&self) -> Result<BorrowedPermit<'_>, Rejection> {
        Ok(BorrowedPermit::new(self, self.begin()?))
    }
}

/// The right to run one call. Give it back with how the call ended.
///
/// Dropped, it counts as abandoned: the call decides nothing (unless it had already run for `slow_call_duration`; then
/// it was slow). It knows in which state it was given: a result that comes after the state has changed is late and
/// decides nothing.
///
/// # Panics
///
/// A panic that drops the permit counts as a failure of the call, also if it comes from somewhere else: a permit can't
/// tell, so a panic that unwinds past ten permits is ten failures. Futures of [`run`](Self::run) and of
/// [`CircuitBreaker::call_async`] can: only a panic in the future itself is its failure. A permit that was given while its
/// thread was already unwinding, in a destructor, is abandoned when it is dropped there.
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
    /// `None` once the call has been recorded.
    ticket: Option<Ticket>,
    /// A panic that drops it is not the call's: it was given while another one unwound, or its call isn't being polled.
    outlives_panics: bool,
}

impl Permit {
    /// The call succeeded.
    pub fn success(self) {
        self.record(Outcome::Success);
    }

    /// The call failed.
    pub fn failure(self) {
        self.record(Outcome::Failure);
    }

    /// The call says nothing about the service.
    pub fn ignore(self) {
        self.record(Outcome::Ignore);
    }

    /// The call ended like this.
    pub fn record(mut self, outcome: Outcome) {
        self.end(outcome.into());
    }

    fn end(&mut self, end: End) {
        if let Some(ticket) = self.ticket.take() {
            self.breaker.end(ticket, end);
        }
    }

    /// The call was cut off.
    pub(crate) fn time_out(mut self) {
        self.end(End::TimedOut);
    }

    /// While no code of the call runs: whatever drops it, the call is abandoned.
    pub(crate) fn held(self) -> Self {
        let mut held = self;
        held.outlives_panics = true;
        held.probe_with(Ticket::out_of_frame);
        held
    }

    /// While code of the call runs on this thread, and nothing else can drop it: a panic that does is the call's.
    pub(crate) fn in_use(self) -> Self {
        let mut used = self;
        used.outlives_panics = false;
        used.probe_with(Ticket::in_frame);
        used
    }

    fn probe_with(&mut self, change: fn(Ticket, &Engine) -> Ticket) {
        if let Some(ticket) = &mut self.ticket
            && ticket.is_probe()
        {
            *ticket = change(*ticket, self.breaker.engine());
        }
    }

    /// When it was given, on the breaker's clock; unknown where calls are not timed, unless it is a probe's.
    pub(crate) fn started(&self) -> Option<u64> {
        self.ticket.and_then(Ticket::started)
    }

    /// The breaker that gave it.
    pub fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    /// Whether the call is a probe of a half-open circuit.
    pub fn is_probe(&self) -> bool {
        self.ticket.is_some_and(Ticket::is_probe)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let has_panicked = !self.outlives_panics && std::thread::panicking();
        self.end(if has_panicked { End::Failure } else { End::Abandoned });
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

/// A permit that borrows its breaker: what calls inside this crate hold. Dropped, it counts as abandoned.
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

    /// The call ended like this.
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

    /// The same for a call that began on this thread, with what [`CircuitBreaker::begin_here`] gave.
    #[expect(clippy::inline_always, reason = "as `CircuitBreaker::end`")]
    #[inline(always)]
    pub(crate) fn end_here(self, own: Option<&Stripe>, end: End) {
        let Self { breaker, ticket } = self;
        mem::forget(self);
        breaker.end_here(own, ticket, end);
    }

    /// To be held while user code runs: a panic that unwinds through it is the call's failure.
    #[inline]
    pub(crate) fn guard(self) -> PanicGuard<'a> {
        let Self { breaker, ticket } = self;
        mem::forget(self);
        PanicGuard { breaker, ticket }
    }

    /// When it was given, on the breaker's clock; unknown where calls are not timed, unless it is a probe's.
    pub(crate) fn started(&self) -> Option<u64> {
        self.ticket.started()
    }

    pub(crate) fn is_probe(&self) -> bool {
        self.ticket.is_probe()
    }

    /// The call goes on, on this thread. What it calls is a part of it if it is a probe; after its admission that is so already.
    #[inline]
    pub(crate) fn resumed(self) -> Self {
        let mut resumed = self;
        if resumed.ticket.is_probe() {
            resumed.ticket = resumed.ticket.in_frame(resumed.breaker.engine());
        }
        resumed
    }

    /// The call is pending, and may go on elsewhere.
    pub(crate) fn paused(self) -> Self {
        let mut paused = self;
        if paused.ticket.is_probe() {
            paused.ticket = paused.ticket.out_of_frame(paused.breaker.engine());
        }
        paused
    }

    /// The breaker that gave it.
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

/// Apart, since it stands in the drop glue of every future; and by value, or the fields could not stay in registers.
#[cold]
#[inline(never)]
fn end_rarely(breaker: &CircuitBreaker, ticket: Ticket, end: End) {
    breaker.end(ticket, end);
}

/// A permit while user code runs. Dropped only by its panic.
pub(crate) struct PanicGuard<'a> {
    breaker: &'a CircuitBreaker,
    ticket: Ticket,
}

impl<'a> PanicGuard<'a> {
    /// The code has returned.
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
