//! The handle: the only door to the engine.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, nanos};
use crate::config::Config;
use crate::engine::cell::{Answer, Due, End, Engine, Reply, Ticket, Transitions};
use crate::engine::policy::{Limits, WindowLength};
use crate::engine::stripe::{Here, Stripe};
use crate::engine::transition::{Refusal, Transition};
use crate::error::{CircuitBreakerError, Rejection, RejectionReason};
use crate::event::{Event, EventKind, Mode, State};
use crate::hub::Hub;
use crate::log;
use crate::metrics::Metrics;
use crate::outcome::Outcome;
use crate::permit::{Pass, Permit};
use crate::settings::Window;

mod name;

/// A circuit breaker: asks before each call whether it may run, counts how it ended, and stops calling a service
/// that doesn't work.
///
/// Cheap to clone; clones are handles to the same breaker. The breaker of an annotated function is
/// `Registry::global().get("its service")`.
///
/// ```
/// use breaker_core::{CallError, CircuitBreaker, Config, State};
///
/// let breaker = CircuitBreaker::new("search", Config::builder().failure_threshold(2).build()?);
/// assert_eq!(breaker.call(|| Ok::<_, String>(42)), Ok(42));
/// for _ in 0..2 {
///     let _ = breaker.call(|| Err::<(), _>("connection refused"));
/// }
/// assert_eq!(breaker.state(), State::Open);
/// let refused = breaker.call(|| Ok::<_, String>(42)).unwrap_err();
/// assert!(matches!(refused, CallError::Breaker(_)));
/// # Ok::<(), breaker_core::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct CircuitBreaker(Arc<Inner>);

struct Inner {
    service: &'static str,
    clock: Clock,
    engine: Engine,
    /// Nanoseconds; `u64::MAX` is none. Beside the configuration, so that a call needs no lock for it.
    request_timeout: AtomicU64,
    config: Mutex<Arc<Config>>,
    hub: Hub,
}

impl CircuitBreaker {
    /// A breaker on the monotonic clock. It is in no registry; see [`Registry`](crate::Registry) for one that is.
    ///
    /// The name is interned: it lives as long as the process. Names are few by design (services, not users). An empty
    /// name becomes `unnamed`.
    pub fn new(service: impl Into<String>, config: Config) -> Self {
        Self::with_clock(service, config, Clock::monotonic())
    }

    /// A breaker on a clock of yours.
    #[allow(clippy::needless_pass_by_value, reason = "like `new`: a breaker owns its configuration")]
    pub fn with_clock(service: impl Into<String>, config: Config, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            service: name::intern(&service.into()),
            engine: Engine::new(clock.now(), limits(&config), RandomState::new().hash_one(())),
            clock,
            request_timeout: AtomicU64::new(config.request_timeout().map_or(u64::MAX, nanos)),
            config: Mutex::new(Arc::new(config)),
            hub: Hub::default(),
        }))
    }

    /// The service's name.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// The effective state: an open circuit past its open time reads half-open.
    pub fn state(&self) -> State {
        let now = self.settle();
        self.0.engine.effective_state(now)
    }

    /// Who decides: the circuit, or you.
    pub fn mode(&self) -> Mode {
        self.0.engine.mode()
    }

    /// The configuration in force.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.0.config.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for admission; the permit has to be given back with how the call ended.
    ///
    /// [`call`](Self::call) and [`call_async`](Self::call_async) do both for you.
    pub fn try_acquire(&self) -> Result<Permit, Rejection> {
        Ok(Permit::new(self.clone(), self.ticket()?))
    }

    /// Like `try_acquire`, borrowed: no counter of handles is touched.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    pub(crate) fn pass(&self) -> Result<Pass<'_>, Rejection> {
        Ok(Pass::new(self, self.ticket()?))
    }

    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    pub(crate) fn ticket(&self) -> Result<Ticket, Rejection> {
        match self.plain() {
            Some((_, ticket)) => Ok(ticket),
            None => self.admit(),
        }
    }

    /// Admits a call of which nothing but counters will be told if it succeeds; with the stripe that counts it.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    pub(crate) fn plain(&self) -> Option<(&Stripe, Ticket)> {
        self.0.engine.admit_plain()
    }

    /// Asks for any other call.
    #[inline]
    pub(crate) fn admit(&self) -> Result<Ticket, Rejection> {
        <Result<_, _>>::from(self.ask()).map_err(|refusal| self.rejection(refusal))
    }

    /// Apart, so that what is copied into each caller is small.
    #[inline(never)]
    fn ask(&self) -> Answer {
        let answer = match self.0.engine.admit(|| self.0.clock.now()) {
            Reply::Admitted(ticket) => return Ok(ticket).into(),
            Reply::Refused(refusal) => Err(refusal),
            Reply::Undecided(now) => self.ask_under_lock(now),
        };
        if let Err(refusal) = answer {
            log::rejected(|| self.rejection(refusal));
        }
        answer.into()
    }

    #[cold]
    fn ask_under_lock(&self, now: u64) -> Result<Ticket, Refusal> {
        let (admission, transitions) = self.0.engine.admit_rarely(now);
        self.tell(&transitions);
        admission
    }

    #[inline]
    fn rejection(&self, refusal: Refusal) -> Rejection {
        let (reason, retry_after) = match refusal {
            Refusal::Open(left) => (RejectionReason::Open, Some(Duration::from_nanos(left))),
            Refusal::HalfOpen => (RejectionReason::HalfOpen, None),
            Refusal::ForcedOpen => (RejectionReason::ForcedOpen, None),
        };
        Rejection { service: self.0.service, reason, retry_after }
    }

    /// A call has ended, on whatever thread.
    #[expect(clippy::inline_always, reason = "the quick way is a handful of loads and adds")]
    #[inline(always)]
    pub(crate) fn finish(&self, ticket: Ticket, end: End) {
        let own = if ticket.is_plain() { self.0.engine.own() } else { None };
        self.finish_here(own, ticket, end);
    }

    /// A call has ended on the thread that it began on; `own` is the stripe of a plain one.
    #[expect(clippy::inline_always, reason = "the quick way is a handful of loads and adds")]
    #[inline(always)]
    pub(crate) fn finish_here(&self, own: Option<&Stripe>, ticket: Ticket, end: End) {
        if end == End::Success
            && let Some(own) = own
            && self.0.engine.record_plain_success(own, ticket)
        {
            return;
        }
        self.record(ticket, end);
    }

    #[inline(never)]
    fn record(&self, ticket: Ticket, end: End) {
        let clock = || self.0.clock.now();
        let timed_at = ticket.started().map(|_| clock());
        if end == End::Success
            && let Some(own) = self.0.engine.own()
            && self.0.engine.record_placed_success(Here::own(own), ticket, timed_at, clock)
        {
            return;
        }
        self.record_any(ticket, end, timed_at);
    }

    #[inline(never)]
    fn record_any(&self, ticket: Ticket, end: End, timed_at: Option<u64>) {
        if let Some(due) = self.0.engine.record(self.0.engine.here(), ticket, end, timed_at, || self.0.clock.now()) {
            self.conclude(due);
        }
    }

    #[cold]
    fn conclude(&self, due: Due) {
        self.tell(&self.0.engine.conclude(due));
    }

    /// Everything that is counted, at this moment.
    pub fn metrics(&self) -> Metrics {
        let now = self.settle();
        Metrics::of(self.0.service, &self.0.engine.snapshot(now), now)
    }

    /// Takes the decision over, or gives it back to the circuit. Sticky until the next call of this; what is in flight
    /// is late from then on. Setting the mode that is set already does nothing.
    ///
    /// `ForcedClosed` closes a circuit that isn't. `ForcedOpen` keeps the state underneath, and returns to it with
    /// fresh probe permits.
    pub fn set_mode(&self, mode: Mode) {
        let now = self.0.clock.now();
        let (changed, transitions) = self.0.engine.set_mode(mode, now);
        if let Some((from, sequence)) = changed {
            self.emit(sequence, now, EventKind::ModeChanged { from, to: mode });
        }
        self.tell(&transitions);
    }

    /// Closes the circuit with an empty window. Counters and mode stay; what is in flight is late.
    pub fn reset(&self) {
        let transitions = self.0.engine.reset(self.0.clock.now());
        self.tell(&transitions);
    }

    /// Takes another configuration. State, counters and subscribers stay; a changed window keeps what still fits (from
    /// time to time and from count to count; between the two it starts empty). An open time that runs goes on.
    pub fn reconfigure(&self, config: Config) {
        self.take_over(config).tell();
    }

    /// The same without a word: whoever holds a lock tells later.
    pub(crate) fn take_over(&self, config: Config) -> Reconfigured {
        let now = self.0.clock.now();
        let mut current = self.0.config.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.request_timeout.store(config.request_timeout().map_or(u64::MAX, nanos), Ordering::Relaxed);
        let sequence = self.0.engine.reconfigure(limits(&config), now);
        *current = Arc::new(config);
        Reconfigured { breaker: self.clone(), sequence, now }
    }

    /// Events from now on, as a stream. A receiver that lags behind by more than 256 loses the oldest and is told so.
    #[cfg(feature = "tokio")]
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Event> {
        self.0.hub.subscribe()
    }

    /// Calls `listener` with each event from now on: after the change, in order, outside every lock, on the thread that
    /// brought it about or on one that is delivering already. It may call the breaker. A panic in it ends there.
    ///
    /// It lives as long as the breaker. One that holds a handle of that breaker keeps both alive for good.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.hub.listen(Arc::new(listener));
    }

    /// The last 32 events, oldest first.
    pub fn history(&self) -> Vec<Event> {
        self.0.hub.history()
    }

    /// Counts a run of a fallback.
    pub(crate) fn count_fallback(&self, succeeded: bool) {
        log::fallback(self.0.service, succeeded);
        self.0
            .engine
            .here()
            .count(|stripe| if succeeded { &stripe.fallback_successes } else { &stripe.fallback_failures });
    }

    /// How long a call may take, if it may not take for ever.
    pub(crate) fn request_timeout(&self) -> Option<Duration> {
        match self.0.request_timeout.load(Ordering::Relaxed) {
            u64::MAX => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    pub(crate) fn timed_out(&self, timeout: Duration) -> CircuitBreakerError {
        CircuitBreakerError::TimedOut { service: self.0.service, timeout }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_failed(&self) {
        self.tell(&self.0.engine.check_failed(self.0.clock.now()));
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_passed(&self) {
        self.tell(&self.0.engine.check_passed(self.0.clock.now()));
    }

    /// Tells of something that happened outside the engine.
    pub(crate) fn announce(&self, kind: EventKind) {
        let sequence = self.0.engine.next_sequence();
        self.emit(sequence, self.0.clock.now(), kind);
    }

    /// The time now, with everything done that time alone does.
    fn settle(&self) -> u64 {
        let now = self.0.clock.now();
        let transitions = self.0.engine.settle(now);
        self.tell(&transitions);
        now
    }

    /// Tells listeners what happened: after it has won, outside every lock.
    fn tell(&self, transitions: &Transitions) {
        for Transition { from, to, cause, at, sequence } in transitions.iter().flatten().copied() {
            self.emit(sequence, at, EventKind::Transition { from, to, cause });
        }
    }

    fn emit(&self, sequence: u64, at: u64, kind: EventKind) {
        let event = Event { service: self.0.service, at: Duration::from_nanos(at), kind };
        log::event(&event);
        self.0.hub.emit(sequence, event);
    }
}

/// A breaker that has taken another configuration over, and has not told so yet.
#[must_use = "listeners wait for it"]
pub(crate) struct Reconfigured {
    breaker: CircuitBreaker,
    sequence: u64,
    now: u64,
}

impl Reconfigured {
    /// To be called outside of every lock: listeners run.
    pub(crate) fn tell(self) {
        self.breaker.emit(self.sequence, self.now, EventKind::Reconfigured);
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("service", &self.0.service)
            .field("state", &self.0.engine.effective_state(self.0.clock.now()))
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}

impl From<Outcome> for End {
    #[inline]
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Failure => Self::Failure,
            Outcome::Ignore => Self::Ignored,
            Outcome::OpenFor(duration) => Self::OpenFor(nanos(duration)),
        }
    }
}

/// The configuration in the engine's units.
fn limits(config: &Config) -> Limits {
    Limits {
        failure_threshold: config.failure_threshold(),
        consecutive_failures: config.consecutive_failures(),
        failure_rate: config.failure_rate(),
        slow_call_duration: config.slow_call_duration().map(nanos),
        slow_call_rate: config.slow_call_rate(),
        minimum_requests: config.minimum_requests(),
        window: match config.window() {
            Window::Time(duration) => WindowLength::Time(nanos(duration)),
            Window::Calls(calls) => WindowLength::Calls(calls),
        },
        open_timeout: nanos(config.open_timeout()),
        open_timeout_multiplier: config.open_timeout_multiplier(),
        open_timeout_max: nanos(config.open_timeout_max()),
        open_timeout_jitter: config.open_timeout_jitter(),
        success_threshold: config.success_threshold(),
        half_open_max_calls: config.half_open_max_calls(),
        half_open_timeout: nanos(config.half_open_timeout()),
        response_times: config.response_times(),
    }
}
