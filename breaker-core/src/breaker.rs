//! The public handle of a breaker. All access to the engine goes through it.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::config::Config;
#[cfg(feature = "test-util")]
use crate::engine::baseline::Baseline;
use crate::engine::host::Host;
use crate::engine::memory::Engine;
use crate::engine::ticket::{End, Ticket};
use crate::engine::transition::{Rejected, Transition, Transitions};
use crate::error::{CircuitBreakerError, Rejection, RejectionReason};
use crate::event::{Event, EventKind, State};
use crate::hub::{EventStream, Hub};
use crate::timer;

#[cfg(feature = "test-util")]
use fault::FaultSlot;
use in_force::InForce;
use limits::limits;
use orders::Orders;
use timeouts::{OwnTimeout, Timeouts};

/// A circuit breaker: admits or rejects each call of a service, and counts how the admitted calls end.
///
/// Cloning is cheap; clones are handles to the same breaker. The breaker of an annotated function is
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
    /// A leaked handle, which lives as long as the process: see [`leak`](CircuitBreaker::leak).
    leaked: OnceLock<&'static CircuitBreaker>,
    /// The fault that a test injects.
    #[cfg(feature = "test-util")]
    fault: FaultSlot,
}

impl CircuitBreaker {
    /// Creates a breaker on the monotonic clock. It belongs to no registry;
    /// [`Registry::get_or_create`](crate::Registry::get_or_create) creates one that does.
    ///
    /// The name is interned: it is never freed, so name services, not users or requests. An empty name becomes
    /// `unnamed`. The name `defaults` is reserved; using it causes an [`EventKind::BadConfiguration`].
    pub fn new(service: impl Into<String>, config: Config) -> Self {
        Self::with_clock(service, config, Clock::monotonic())
    }

    /// Creates a breaker on the given clock.
    #[allow(clippy::needless_pass_by_value, reason = "like `new`: a breaker owns its configuration")]
    pub fn with_clock(service: impl Into<String>, config: Config, clock: Clock) -> Self {
        let breaker = Self::make(&service.into(), config, clock);
        if let Some(misnamed) = name::misnamed(breaker.service()) {
            breaker.announce(vec![misnamed]);
        }
        breaker
    }

    /// Creates a breaker without emitting events.
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

    /// Returns the name of the service.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// Returns the effective state: an open circuit whose open timeout is over reads half-open.
    pub fn state(&self) -> State {
        let now = self.settle();
        self.0.engine.effective_state(now)
    }

    /// Returns the configuration in force.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(self.0.in_force().config())
    }

    /// Returns what the engine is called with. Not the breaker itself: that would be one more pointer to follow.
    #[inline]
    pub(crate) fn host(&self) -> &impl Host {
        &*self.0
    }

    /// Asks for admission of a call that runs on this thread. An admitted call must be ended with its ticket.
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    pub(crate) fn begin(&self) -> Result<Ticket, Rejection> {
        Engine::begin(self.host()).map_err(|rejected| self.0.rejection(rejected))
    }

    /// Like [`begin`](Self::begin), for a permit, whose call may run on any thread.
    #[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
    #[inline(always)]
    pub(crate) fn begin_anywhere(&self) -> Result<Ticket, Rejection> {
        Engine::begin_anywhere(self.host()).map_err(|rejected| self.0.rejection(rejected))
    }

    /// Ends a call, on any thread.
    #[expect(clippy::inline_always, reason = "the short path is a few loads and adds")]
    #[inline(always)]
    pub(crate) fn end(&self, ticket: Ticket, end: End) {
        Engine::end(self.host(), ticket, end);
    }

    /// Checks whether a call would be admitted now, without making one: for example for a load balancer that chooses
    /// among several services. It takes no permit and counts nothing, so a later call may still be rejected.
    ///
    /// Don't return this error from `poll_ready` of a tower service, where an error means that the service has failed
    /// permanently: return ready, and reject in `call`.
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
    /// Returns the rejection that a call would get.
    #[inline]
    pub fn peek(&self) -> Result<(), Rejection> {
        match Engine::peek(self.host()) {
            Ok(()) => Ok(()),
            Err(rejected) => Err(self.0.rejection(rejected)),
        }
    }

    /// Closes the circuit and empties the window. Cumulative counters and the mode are kept; results of calls in flight
    /// are late. (Tests can also restart the counters at zero: `reset_metrics`, feature `test-util`.)
    pub fn reset(&self) {
        let transitions = self.0.engine.reset(self.0.clock.compared_now());
        self.0.tell(transitions);
    }

    /// Returns a stream of all events from now on. A reader that is more than 256 events behind loses the oldest:
    /// [`missed`](EventStream::missed) counts them.
    pub fn subscribe(&self) -> EventStream {
        self.0.hub.subscribe()
    }

    /// Calls `listener` with each event from now on, one at a time and in order. It is called after the change and
    /// outside every lock, so it may call the breaker. A panic in it is caught and logged.
    ///
    /// An idle listener runs on the thread that caused the event, before the call returns. While it runs, further
    /// events wait in its queue, and a background thread delivers them; the process has at most eight such threads. A
    /// queue holds 1,024 events. If it is full, new events are dropped and counted in
    /// [`Metrics::dropped_events`](crate::Metrics::dropped_events).
    ///
    /// A listener that blocks therefore delays its caller, but not other callers, streams or the history. Listeners
    /// whose turn comes after it get the event with the next one, or after at most four seconds. A background thread
    /// runs outside any runtime: to spawn tasks from a listener, use a `tokio::runtime::Handle`.
    ///
    /// The listener lives as long as the breaker. A listener that owns a handle of the same breaker keeps both alive
    /// until the process ends.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.hub.listen(listener);
    }

    /// Forwards events to the listeners and streams of a registry.
    pub(crate) fn pass_events_on_to(&self, hub: Arc<Hub>) {
        self.0.hub.pass_on_to(hub);
    }

    /// Returns the last 32 events, oldest first.
    pub fn history(&self) -> Vec<Event> {
        self.0.hub.history()
    }

    /// Starts the timer before the first call if calls may time out.
    fn prepare(config: &Config, clock: &Clock) {
        if config.cuts_calls_off() {
            timer::prepare(clock);
        }
    }

    /// Returns how long a call may take: its own timeout or that of its service. A probe may not take longer than its
    /// lease if `half_open_timeout` is set.
    pub(crate) fn call_timeout(&self, own: OwnTimeout, is_probe: bool) -> Option<Duration> {
        self.0.timeouts.of_call(own, is_probe)
    }

    /// Returns the current lease of a probe, which may have grown.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_nanos(self.0.engine.lease())
    }

    pub(crate) fn timed_out(&self, timeout: Duration) -> CircuitBreakerError {
        CircuitBreakerError::TimedOut { service: self.0.service, timeout }
    }

    /// Returns the clock of this breaker, for code that waits on it: for example until a
    /// [`retry_after`](Rejection::retry_after) is over.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    /// use std::time::Duration;
    ///
    /// # futures::executor::block_on(async {
    /// let breaker = CircuitBreaker::new("search", Config::default());
    /// while let Err(rejection) = breaker.peek() {
    ///     breaker.clock().sleep(rejection.retry_after.unwrap_or(Duration::from_secs(1))).await;
    /// }
    /// # });
    /// ```
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The fault that a test injects into the annotated functions of this service.
    #[cfg(feature = "test-util")]
    pub(crate) fn fault(&self) -> &FaultSlot {
        &self.0.fault
    }

    /// Emits events that don't come from the engine.
    pub(crate) fn announce(&self, kinds: Vec<EventKind>) {
        let now = self.0.clock.now();
        self.0.emit(kinds.into_iter().map(|kind| (self.0.engine.next_sequence(), now, kind)));
    }

    /// Applies the changes that are due by time alone, and returns the current time.
    fn settle(&self) -> u64 {
        let now = self.0.clock.compared_now();
        self.0.end_mode(now);
        let transitions = self.0.engine.settle(now);
        self.0.tell(transitions);
        now
    }
}

impl Inner {
    fn in_force(&self) -> MutexGuard<'_, InForce> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Emits events, each with its sequence number and its time. All are recorded before user code runs for the first
    /// one.
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

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("service", &self.0.service)
            .field("state", &self.0.engine.effective_state(self.0.clock.now()))
            .field("mode", &self.0.engine.mode())
            .finish_non_exhaustive()
    }
}

// At the end, so that the documentation of the breaker begins with the functions above.
#[cfg(feature = "tokio")]
mod checks;
mod counters;
#[cfg(feature = "test-util")]
pub(crate) mod fault;
pub(crate) mod handle;
mod host;
mod in_force;
mod limits;
pub(crate) mod modes;
pub(crate) mod name;
mod orders;
pub(crate) mod reconfigure;
mod running;
pub(crate) mod timeouts;

#[cfg(all(test, not(loom)))]
mod counter_tests;
