//! The handle: the only door to the engine.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, nanos};
use crate::config::Config;
#[cfg(feature = "test-util")]
use crate::engine::baseline::Baseline;
use crate::engine::host::Host;
use crate::engine::memory::Engine;
use crate::engine::stripe::Stripe;
use crate::engine::ticket::{End, Ticket};
use crate::engine::transition::{Rejected, Transition, Transitions};
use crate::error::{CircuitBreakerError, Rejection, RejectionReason};
use crate::event::{Event, EventKind, State};
use crate::hub::{EventStream, Hub};
use crate::log;
use crate::log::answered::ErrorText;
use crate::metrics::Metrics;
use crate::outcome::Outcome;
use crate::timer;

#[cfg(feature = "tokio")]
mod checks;
#[cfg(feature = "test-util")]
pub(crate) mod fault;
pub(crate) mod handle;
mod host;
mod in_force;
mod limits;
pub(crate) mod modes;
pub(crate) mod name;
mod orders;
pub(crate) mod timeouts;

#[cfg(feature = "test-util")]
use fault::FaultSlot;
use in_force::InForce;
use limits::limits;
use orders::Orders;
use timeouts::{OwnTimeout, Timeouts};

#[cfg(all(test, not(loom)))]
mod counter_tests;

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
/// let rejected = breaker.call(|| Ok::<_, String>(42)).unwrap_err();
/// assert!(matches!(rejected, CallError::Breaker(_)));
/// # Ok::<(), breaker_core::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct CircuitBreaker(Arc<Inner>);

struct Inner {
    service: &'static str,
    clock: Clock,
    engine: Engine,
    timeouts: Timeouts,
    config: Mutex<InForce>,
    orders: Orders,
    hub: Hub,
    #[cfg(feature = "test-util")]
    baseline: Baseline,
    /// A handle that lives as long as the process, if one does.
    leaked: OnceLock<&'static CircuitBreaker>,
    /// What a test injects.
    #[cfg(feature = "test-util")]
    fault: FaultSlot,
}

impl CircuitBreaker {
    /// A breaker on the monotonic clock. It is in no registry; see [`Registry`](crate::Registry) for one that is.
    ///
    /// The name is interned: it lives as long as the process. Names are few by design (services, not users). An empty
    /// name becomes `unnamed`. The name `defaults` is reserved, which an [`EventKind::BadConfiguration`] says.
    pub fn new(service: impl Into<String>, config: Config) -> Self {
        Self::with_clock(service, config, Clock::monotonic())
    }

    /// A breaker on a clock of yours.
    #[allow(clippy::needless_pass_by_value, reason = "like `new`: a breaker owns its configuration")]
    pub fn with_clock(service: impl Into<String>, config: Config, clock: Clock) -> Self {
        let breaker = Self::make(&service.into(), config, clock);
        if let Some(misnamed) = name::misnamed(breaker.service()) {
            breaker.announce(vec![misnamed]);
        }
        breaker
    }

    /// The same without a word.
    pub(crate) fn make(service: &str, config: Config, clock: Clock) -> Self {
        Self::prepare(&config, &clock);
        Self(Arc::new(Inner {
            service: name::intern(service),
            engine: Engine::new(clock.now(), limits(&config), RandomState::new().hash_one(())),
            clock,
            timeouts: Timeouts::new(&config),
            config: Mutex::new(InForce::new(config)),
            orders: Orders::new(),
            hub: Hub::default(),
            #[cfg(feature = "test-util")]
            baseline: Baseline::default(),
            leaked: OnceLock::new(),
            #[cfg(feature = "test-util")]
            fault: FaultSlot::default(),
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

    /// The configuration in force.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(self.0.in_force().config())
    }

    /// Asks for admission of a call that this thread runs. Whoever is admitted ends the call with its ticket.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    pub(crate) fn begin(&self) -> Result<Ticket, Rejection> {
        Engine::begin(self).map_err(|rejected| self.0.rejection(rejected))
    }

    /// The same for a permit: its call may run on any thread.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    pub(crate) fn begin_anywhere(&self) -> Result<Ticket, Rejection> {
        Engine::begin_anywhere(self).map_err(|rejected| self.0.rejection(rejected))
    }

    /// The same for a call that ends on this thread: with what [`end_here`](Self::end_here) wants.
    #[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
    #[inline(always)]
    pub(crate) fn begin_here(&self) -> Result<(Option<&Stripe>, Ticket), Rejection> {
        match Engine::begin_here(self) {
            Ok((own, ticket)) => Ok((own, ticket)),
            Err(rejected) => Err(self.0.rejection(rejected)),
        }
    }

    /// A call has ended, on whatever thread.
    #[expect(clippy::inline_always, reason = "the quick way is a handful of loads and adds")]
    #[inline(always)]
    pub(crate) fn end(&self, ticket: Ticket, end: End) {
        Engine::end(self, ticket, end);
    }

    /// A call has ended on the thread that it began on.
    #[expect(clippy::inline_always, reason = "the quick way is a handful of loads and adds")]
    #[inline(always)]
    pub(crate) fn end_here(&self, own: Option<&Stripe>, ticket: Ticket, end: End) {
        Engine::end_here(self, own, ticket, end);
    }

    /// Whether a call would be admitted now: for what has to know before it has a call, such as a balancer that asks several
    /// services. It takes no permit and counts nothing, so a call that comes later may find it otherwise.
    ///
    /// In `poll_ready` of a tower service an error means that the service is gone for good: be ready there, and reject in
    /// `call`.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config, Mode};
    ///
    /// let [near, far] = ["near", "far"].map(|name| CircuitBreaker::new(name, Config::default()));
    /// near.set_mode(Mode::ForcedOpen);
    /// let chosen = [&near, &far].into_iter().find(|breaker| breaker.peek().is_ok());
    /// assert_eq!(chosen.map(CircuitBreaker::service), Some("far"));
    /// assert_eq!(near.metrics().rejections, 0);
    /// ```
    ///
    /// # Errors
    /// Why a call would be rejected.
    pub fn peek(&self) -> Result<(), Rejection> {
        Engine::peek(self).map_err(|rejected| self.0.rejection(rejected))
    }

    /// Counts a call that the breaker was not asked about, and that took so long: what a connection pool, a webhook or a
    /// stream reports. Where calls are not measured (`response_times = false`), the time says nothing. While the circuit is closed it counts as any other call does, and may open it. An open or half-open
    /// circuit counts it, too, but it decides nothing, and takes no probe's place.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config, Outcome, State};
    /// use std::time::Duration;
    ///
    /// let pool = CircuitBreaker::new("pool", Config::builder().failure_threshold(2).build()?);
    /// pool.record(Outcome::Failure, Duration::from_millis(30));
    /// pool.record(Outcome::Failure, Duration::from_millis(30));
    /// assert_eq!((pool.state(), pool.metrics().requests), (State::Open, 2));
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    pub fn record(&self, outcome: Outcome, elapsed: Duration) {
        Engine::end_unasked(self, outcome.into(), nanos(elapsed));
    }

    /// Everything that is counted, at this moment.
    pub fn metrics(&self) -> Metrics {
        let now = self.settle();
        let (snapshot, dropped_events) = (self.0.engine.snapshot(now), self.0.hub.dropped());
        #[cfg(feature = "test-util")]
        let (snapshot, dropped_events) = self.0.baseline.since(snapshot, dropped_events);
        Metrics::of(self.0.service, &snapshot, dropped_events, now)
    }

    /// Starts all counters of [`metrics`](Self::metrics) at zero, for tests that share a breaker; in production they never
    /// go back. State, window and calls in flight stay: [`reset`](Self::reset) closes the circuit. Call it while no other
    /// thread's call ends, or [`ResponseTime`](crate::ResponseTime)'s `min` and `max` may miss that call. Feature `test-util`.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    ///
    /// let breaker = CircuitBreaker::new("search", Config::default());
    /// let _ = breaker.call(|| Ok::<_, String>(42));
    /// breaker.reset_metrics();
    /// let _ = breaker.call(|| Err::<(), _>("down"));
    /// let metrics = breaker.metrics();
    /// assert_eq!((metrics.requests, metrics.successes, metrics.failures), (1, 0, 1));
    /// ```
    #[cfg(feature = "test-util")]
    pub fn reset_metrics(&self) {
        let now = self.settle();
        self.0.baseline.set(&self.0.engine, now, self.0.hub.dropped());
    }

    /// Closes the circuit with an empty window. Cumulative counters and the mode are kept; results of calls in flight are
    /// late. (Tests can start the counters at zero, too: `reset_metrics`, feature `test-util`.)
    pub fn reset(&self) {
        let transitions = self.0.engine.reset(self.0.clock.compared_now());
        self.tell(transitions);
    }

    /// Takes another configuration. State, counters and subscribers stay; a changed window keeps what still fits (from
    /// time to time and from count to count; between the two it starts empty). An open period in progress is measured anew,
    /// from when the circuit opened; one that a call asked for stays, within the new `open_timeout_max`.
    pub fn reconfigure(&self, config: Config) {
        Reconfigured::tell(&[self.take_over(config.overriding_functions())]);
    }

    /// The same without a word: whoever holds a lock tells later.
    pub(crate) fn take_over(&self, config: Config) -> Reconfigured {
        let now = self.0.clock.compared_now();
        Self::prepare(&config, &self.0.clock);
        let mut current = self.0.in_force();
        self.0.timeouts.obey(&config);
        let (settled, sequence) = self.0.engine.reconfigure(limits(&config), now);
        // Now, or the event of another thread would wait for the thread that delivers.
        let all = changes(&settled).chain([(sequence, now, EventKind::Reconfigured)]);
        let events = all.map(|(sequence, at, kind)| self.0.record(sequence, at, kind)).collect();
        current.replace(config);
        Reconfigured { breaker: self.clone(), events }
    }

    /// Events from now on, as a stream. A reader that is more than 256 behind loses the oldest:
    /// [`missed`](EventStream::missed) counts them.
    pub fn subscribe(&self) -> EventStream {
        self.0.hub.subscribe()
    }

    /// Calls `listener` with each event from now on, one at a time, in order, after the change and outside every lock. It
    /// may call the breaker. A panic in it is caught and logged.
    ///
    /// An idle listener runs on the thread that caused the event, before the call returns. While it runs, further events
    /// wait in its queue, and a background thread delivers them; there are at most eight such threads in the process. A
    /// queue holds 1,024 events. If it is full, new ones are dropped and counted in [`Metrics::dropped_events`].
    ///
    /// A listener that blocks therefore delays its caller, but neither other callers nor streams nor the history. The
    /// listeners behind it hear the event when the next one comes, or after four seconds at most. A background thread is
    /// outside of any runtime: to spawn a task there, keep a `tokio::runtime::Handle`.
    ///
    /// It lives as long as the breaker. One that holds a handle of that breaker keeps both alive for good.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.hub.listen(listener);
    }

    /// Passes its events on to the listeners and streams of a registry.
    pub(crate) fn pass_events_on_to(&self, hub: Arc<Hub>) {
        self.0.hub.pass_on_to(hub);
    }

    /// The last 32 events, oldest first.
    pub fn history(&self) -> Vec<Event> {
        self.0.hub.history()
    }

    /// Counts a run of a fallback, in [`Metrics::fallback_successes`] or [`Metrics::fallback_failures`]: for what wraps calls
    /// and has a fallback of its own. Those of annotated functions are counted already.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    ///
    /// fn read(breaker: &CircuitBreaker, cache: Option<u32>) -> Option<u32> {
    ///     breaker.call(|| Err::<u32, _>("connection refused")).ok().or_else(|| {
    ///         breaker.count_fallback(cache.is_some());
    ///         cache
    ///     })
    /// }
    ///
    /// let breaker = CircuitBreaker::new("store", Config::default());
    /// assert_eq!((read(&breaker, Some(7)), breaker.metrics().fallback_successes), (Some(7), 1));
    /// ```
    pub fn count_fallback(&self, succeeded: bool) {
        self.end_fallback(succeeded, &ErrorText::default());
    }

    /// A fallback has run: the answer to this error.
    pub(crate) fn end_fallback(&self, succeeded: bool, error: &ErrorText) {
        log::answered::fallback(self.0.service, succeeded, error);
        Engine::count_fallback(self, succeeded);
    }

    /// Where a call may be cut off, the timer has to be there before the first call.
    fn prepare(config: &Config, clock: &Clock) {
        if config.cuts_calls_off() {
            timer::prepare(clock);
        }
    }

    /// How long a call may take: its own time, or that of its service; a probe no longer than its lease, if somebody has set
    /// that.
    pub(crate) fn call_timeout(&self, own: OwnTimeout, is_probe: bool) -> Option<Duration> {
        self.0.timeouts.of_call(own, is_probe)
    }

    /// How long a probe may take at present: its lease, which may have grown.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_nanos(self.0.engine.lease())
    }

    pub(crate) fn timed_out(&self, timeout: Duration) -> CircuitBreakerError {
        CircuitBreakerError::TimedOut { service: self.0.service, timeout }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// What a test injects into its annotated functions.
    #[cfg(feature = "test-util")]
    pub(crate) fn fault(&self) -> &FaultSlot {
        &self.0.fault
    }

    /// Tells of what happened outside the engine.
    pub(crate) fn announce(&self, kinds: Vec<EventKind>) {
        let now = self.0.clock.now();
        self.0.emit(kinds.into_iter().map(|kind| (self.0.engine.next_sequence(), now, kind)));
    }

    /// The time now, with everything done that time alone does.
    fn settle(&self) -> u64 {
        let now = self.0.clock.compared_now();
        self.end_mode(now);
        let transitions = self.0.engine.settle(now);
        self.tell(transitions);
        now
    }
}

impl Inner {
    fn in_force(&self) -> MutexGuard<'_, InForce> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends events, each with its sequence number and its time. All are recorded before user code runs for the first.
    fn emit(&self, changes: impl IntoIterator<Item = (u64, u64, EventKind)>) {
        let events: Vec<_> = changes.into_iter().map(|(sequence, at, kind)| self.record(sequence, at, kind)).collect();
        if !events.is_empty() {
            self.hub.deliver(&events);
        }
    }

    fn record(&self, sequence: u64, at: u64, kind: EventKind) -> Event {
        let event = Event::new(Some(self.service), Duration::from_nanos(at), self.clock.wall_time(at), kind);
        self.hub.record(sequence, event.clone());
        event
    }

    #[inline]
    fn rejection(&self, rejected: Rejected) -> Rejection {
        let (reason, retry_after) = match rejected {
            Rejected::Open(left) => (RejectionReason::Open, Some(Duration::from_nanos(left))),
            Rejected::HalfOpen => (RejectionReason::HalfOpen, None),
            Rejected::ForcedOpen => (RejectionReason::ForcedOpen, None),
        };
        Rejection { service: self.service, reason, retry_after }
    }
}

fn changes(transitions: &Transitions) -> impl Iterator<Item = (u64, u64, EventKind)> {
    transitions.iter().map(|transition| {
        let Transition { from, to, cause, at, sequence } = *transition;
        (sequence, at, EventKind::Transition { from, to, cause })
    })
}

/// A breaker that has taken another configuration over, and has not told so yet.
#[must_use = "listeners wait for it"]
pub(crate) struct Reconfigured {
    breaker: CircuitBreaker,
    events: Vec<Event>,
}

impl Reconfigured {
    /// To be called outside of every lock: listeners run.
    pub(crate) fn tell(changed: &[Self]) {
        let hubs: Vec<_> = changed.iter().map(|changed| &changed.breaker.0.hub).collect();
        let events: Vec<_> = changed.iter().flat_map(|changed| changed.events.iter().cloned()).collect();
        Hub::deliver_all(&hubs, &events);
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("service", &self.0.service)
            .field("state", &self.0.engine.effective_state(self.0.clock.now()))
            .field("mode", &self.0.engine.mode())
            .finish_non_exhaustive()
    }
}
