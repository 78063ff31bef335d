//! Services and their breakers, by name. Cold: an annotated function asks once.

use std::panic::Location;
#[cfg(feature = "test-util")]
use std::sync::OnceLock;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::breaker::{CircuitBreaker, Reconfigured};
use crate::clock::Clock;
#[cfg(feature = "test-util")]
use crate::clock::ManualClock;
use crate::config::Config;
use crate::error::ConfigError;
use crate::event::{Conflict, Event, EventKind};
use crate::health::{HealthReport, Results};
use crate::hub::Hub;
use crate::log;
use crate::metrics::Metrics;
use crate::settings::{Explanation, Layer, Settings};
use crate::site::{Site, sites};

#[cfg(feature = "tokio")]
mod background;
mod entries;
mod merge;
#[cfg(feature = "tokio")]
mod metrics_log;
#[cfg(feature = "tokio")]
mod tasks;
mod total;

use entries::{Entries, Entry};
use merge::Merged;
#[cfg(feature = "tokio")]
pub use tasks::BackgroundLoop;
#[cfg(feature = "tokio")]
use tasks::Tasks;
pub use total::{RegistryMetrics, Total};

/// The breakers of a program, by the name of their service.
///
/// Annotated functions use [`Registry::global`], which lists them before their first call. A registry of your own is
/// for breakers that you make by hand, and for tests.
///
/// ```
/// use breaker_core::{Config, Registry};
///
/// let registry = Registry::new();
/// let search = registry.get_or_create("search", Config::default());
/// let _ = search.call(|| Ok::<_, String>("found"));
/// assert_eq!(registry.metrics().total.successes, 1);
/// assert!(registry.get("search").is_some());
/// ```
#[derive(Clone, Debug)]
pub struct Registry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Whether annotated functions belong to it.
    global: bool,
    clock: Clock,
    entries: Mutex<Entries>,
    hub: Arc<Hub>,
    /// What the health checks have found last.
    results: Arc<Results>,
    #[cfg(feature = "tokio")]
    tasks: Tasks,
}

/// The clock of a test, if it came before the global registry.
#[cfg(feature = "test-util")]
static MANUAL: OnceLock<(Clock, ManualClock)> = OnceLock::new();

fn global_clock() -> Clock {
    #[cfg(feature = "test-util")]
    if let Some((clock, _)) = MANUAL.get() {
        return clock.clone();
    }
    Clock::monotonic()
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// The registry of all annotated functions.
    pub fn global() -> &'static Self {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(|| Registry::make(true, global_clock()));
        &GLOBAL
    }

    /// Puts the global registry, and with it every annotated function, on a clock that only the test moves. Each call
    /// gives the same clock.
    ///
    /// Tests that share a process share the registry and this clock: give them services of their own, or run each test
    /// in its own process, as cargo-nextest does.
    ///
    /// # Panics
    /// When the global registry was used before: its breakers run on the monotonic clock already.
    ///
    /// ```
    /// use breaker_core::{CircuitBreakerError, Registry, State, circuit_breaker};
    /// use std::time::Duration;
    ///
    /// #[derive(Debug)]
    /// struct Down;
    ///
    /// #[circuit_breaker(service = "ledger", consecutive_failures = 1, open_timeout = "30s", map_error = |_| Down)]
    /// fn post() -> Result<(), Down> {
    ///     Err(Down)
    /// }
    ///
    /// let time = Registry::manual_clock();
    /// post().unwrap_err();
    /// let ledger = Registry::global().get("ledger").unwrap();
    /// assert_eq!(ledger.state(), State::Open);
    /// time.advance(Duration::from_secs(30));
    /// assert_eq!(ledger.state(), State::HalfOpen);
    /// ```
    #[cfg(feature = "test-util")]
    pub fn manual_clock() -> ManualClock {
        let time = MANUAL.get_or_init(Clock::manual);
        assert!(
            Self::global().0.clock.crank().is_some(),
            "the global registry runs on the monotonic clock: call `Registry::manual_clock` before anything uses it"
        );
        time.1.clone()
    }

    /// An empty registry on the monotonic clock.
    pub fn new() -> Self {
        Self::make(false, Clock::monotonic())
    }

    /// An empty registry whose breakers run on a clock of yours.
    pub fn with_clock(clock: Clock) -> Self {
        Self::make(false, clock)
    }

    fn make(global: bool, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            global,
            clock,
            entries: Mutex::default(),
            hub: Arc::default(),
            results: Arc::default(),
            #[cfg(feature = "tokio")]
            tasks: Tasks::default(),
        }))
    }

    /// The breaker of this service, if code has named it.
    pub fn get(&self, service: &str) -> Option<CircuitBreaker> {
        if let Some(entry) = self.lock().breakers.get(service) {
            return Some(entry.breaker.clone());
        }
        let site = self.sites().find(|site| site.service() == service)?;
        Some(self.site_breaker(site))
    }

    /// The breaker of this service, made with `config` if there is none. If there is one with another configuration,
    /// that one stays as it is, and [`check`](Self::check) reports the difference with both places.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "the breaker takes it over")]
    pub fn get_or_create(&self, service: &str, config: Config) -> CircuitBreaker {
        let caller = Location::caller();
        let place = format!("{}:{}", caller.file(), caller.line());
        self.get_or_insert(service, |sites| merge::with_config(sites, service, &config, &place))
    }

    /// The breaker of an annotated function's service.
    pub(crate) fn site_breaker(&self, site: &'static Site) -> CircuitBreaker {
        self.get_or_insert(site.service(), merge::sites)
    }

    /// All breakers, in the order of their names; those of annotated functions before their first call, too.
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        for site in self.sites() {
            site.breaker();
        }
        self.lock().breakers.values().map(|entry| entry.breaker.clone()).collect()
    }

    /// What all services count, one by one and in total.
    pub fn metrics(&self) -> RegistryMetrics {
        RegistryMetrics::of(self.breakers().iter().map(CircuitBreaker::metrics).collect::<Vec<Metrics>>())
    }

    /// How the services are, for a health endpoint.
    pub fn health(&self) -> HealthReport {
        HealthReport::of(&self.breakers(), &self.0.results)
    }

    /// Places in the code that configure one service differently.
    pub fn check(&self) -> Vec<Conflict> {
        self.breakers();
        self.lock().breakers.values().flat_map(|entry| &entry.conflicts).map(|conflict| (**conflict).clone()).collect()
    }

    /// Lays settings over everything else that is said about a service; what was applied to it before is replaced. The
    /// breaker keeps its state, counters and subscribers. A service that no code has named yet gets them when it is made.
    ///
    /// # Errors
    /// What is wrong with the settings, every fault at once; then nothing changes.
    pub fn apply(&self, service: &str, settings: Settings) -> Result<(), ConfigError> {
        // That of an annotated function that was never called, too.
        self.get(service);
        let mut entries = self.lock();
        let said = entries.under(service, settings.clone());
        let config = said.settings().resolve().map_err(|error| error.for_service(service))?;
        entries.applied.insert(service.to_owned(), settings);
        // Under the lock, so that of two who apply at once, the one whose settings stay is the one that is obeyed.
        let changed = entries.breakers.get(service).map(|entry| entry.breaker.take_over(config));
        drop(entries);
        changed.into_iter().for_each(Reconfigured::tell);
        Ok(())
    }

    /// Lays what files and the environment say over the code, for all services at once; what was said so before is
    /// replaced. Breakers keep state, counters and subscribers, and those whose configuration stays the same hear
    /// nothing. What [`apply`](Self::apply) has said stays above.
    ///
    /// # Errors
    /// What is wrong, service by service, every fault at once; then nothing changes.
    pub fn configure(&self, layer: Layer) -> Result<(), Vec<ConfigError>> {
        // Those of annotated functions that were never called, too.
        self.breakers();
        let mut entries = self.lock();
        let configs = entries.resolve(&layer)?;
        entries.layer = layer;
        let changed: Vec<_> = entries.breakers.values().zip(configs).filter_map(Entry::take_over).collect();
        // Listeners run outside the lock.
        drop(entries);
        changed.into_iter().for_each(Reconfigured::tell);
        Ok(())
    }

    /// Tells listeners and streams of this registry, and the log, that a source outside the code can't be used and that
    /// nothing has changed: an [`EventKind::BadConfiguration`]. For whoever watches such a source, as breaker-config does.
    pub fn bad_configuration(&self, problem: &str) {
        let at = Duration::from_nanos(self.0.clock.now());
        let event = Event { service: "", at, kind: EventKind::BadConfiguration(problem.into()) };
        log::event(&event);
        self.0.hub.append(event);
    }

    /// The configuration in force for a service, each value with its origin: the attribute at `file:line`, the file at
    /// `file:line:column`, the variable. `None` for a service that nobody has named.
    pub fn explain(&self, service: &str) -> Option<Explanation> {
        let breaker = self.get(service)?;
        let said = self.lock().said(service);
        Some(Explanation::of(service, &said, &breaker.config()))
    }

    /// Events of all services from now on, as a stream. A receiver that lags behind by more than 256 loses the oldest
    /// and is told so.
    #[cfg(feature = "tokio")]
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Event> {
        self.0.hub.subscribe()
    }

    /// Calls `listener` with each event of every service from now on; as [`CircuitBreaker::on_event`].
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.hub.listen(Arc::new(listener));
    }

    fn get_or_insert(&self, service: &str, merge: impl FnOnce(&[&'static Site]) -> Merged) -> CircuitBreaker {
        let mut sites: Vec<_> = self.sites().filter(|site| site.service() == service).collect();
        sites.sort_by_key(|site| site.place().order());
        let merged = merge(&sites);
        let mut entries = self.lock();
        let (breaker, news) = match entries.breakers.get_mut(service) {
            Some(entry) => {
                let conflicts = entry.contradict(service, &merged).into_iter().map(EventKind::Conflict);
                (entry.breaker.clone(), conflicts.collect())
            }
            None => self.insert(&mut entries, service, merged),
        };
        // Listeners run outside the lock.
        drop(entries);
        for kind in news {
            breaker.announce(kind);
        }
        breaker
    }

    fn insert(&self, entries: &mut Entries, service: &str, merged: Merged) -> (CircuitBreaker, Vec<EventKind>) {
        let mut news: Vec<_> = merged.conflicts.iter().cloned().map(EventKind::Conflict).collect();
        // What was said early fits the defaults; where it doesn't fit the code, the code holds.
        let said = entries.over(service, &merged.said);
        let config = said.settings().resolve().unwrap_or_else(|error| {
            news.push(EventKind::BadConfiguration(entries::misfit(&said, &error).into()));
            merged.config
        });
        let breaker = CircuitBreaker::with_clock(service, config, self.0.clock.clone());
        let hub = Arc::clone(&self.0.hub);
        breaker.on_event(move |event| hub.append(event.clone()));
        let entry =
            Entry { breaker: breaker.clone(), code: merged.said, conflicts: merged.conflicts, place: merged.place };
        entries.breakers.insert(service.to_owned(), entry);
        (breaker, news)
    }

    /// The annotated functions that belong to this registry.
    fn sites(&self) -> impl Iterator<Item = &'static Site> {
        sites().filter(|_| self.0.global)
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // No user code runs under this lock.
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
