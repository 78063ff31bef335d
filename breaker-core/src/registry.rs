//! Services and their breakers, by name. Not on the path of a call: an annotated function looks its breaker up once.

use std::hash::{BuildHasher, RandomState};
#[cfg(feature = "tokio")]
use std::panic::AssertUnwindSafe;
use std::panic::Location;
#[cfg(feature = "test-util")]
use std::sync::OnceLock;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(feature = "tokio")]
use tokio::sync::watch;

use crate::breaker::CircuitBreaker;
use crate::breaker::name::{canonical, misnamed};
use crate::clock::Clock;
use crate::config::Config;
use crate::event::{Event, EventKind};
use crate::health::{HealthReport, Results};
use crate::hub::{EventStream, Hub};
use crate::metrics::Metrics;
use crate::site::{Site, sites};

#[cfg(feature = "tokio")]
mod background;
mod configure;
mod conflicts;
mod entries;
mod fail_fast;
mod global;
mod laid;
mod merge;
mod metrics;
#[cfg(feature = "tokio")]
mod metrics_log;
mod missing_check;
mod names;
mod plain_functions;
#[cfg(feature = "test-util")]
pub(crate) mod scope;
mod short_window;
mod standing;
#[cfg(feature = "tokio")]
mod tasks;
mod unknown;

use conflicts::Conflicts;
use entries::{Entries, Entry};
use laid::Laid;
use merge::{Asker, Merged};
pub use metrics::{RegistryMetrics, TotalMetrics};
#[cfg(feature = "tokio")]
pub use tasks::TaskGuard;
#[cfg(feature = "tokio")]
use tasks::Tasks;

/// The breakers of a program, by the name of their service.
///
/// Annotated functions use [`Registry::global`], which lists them before their first call. Create a registry for
/// breakers that you create by hand. Tests of annotated functions use `Registry::scope` (feature `test-util`).
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
    /// Whether annotated functions belong to this registry.
    global: bool,
    boot_id: String,
    clock: Clock,
    entries: Mutex<Entries>,
    hub: Arc<Hub>,
    /// The last results of the health checks.
    results: Arc<Results>,
    #[cfg(feature = "tokio")]
    tasks: Tasks,
    /// This registry, if it belongs to a scope.
    #[cfg(feature = "test-util")]
    scope: OnceLock<&'static Registry>,
    /// Wakes the health checks that wait for their service. It holds no state that a panic could leave inconsistent.
    #[cfg(feature = "tokio")]
    made: AssertUnwindSafe<watch::Sender<()>>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// Creates an empty registry on the monotonic clock.
    pub fn new() -> Self {
        Self::make(false, Clock::monotonic())
    }

    /// Creates an empty registry whose breakers run on the given clock.
    pub fn with_clock(clock: Clock) -> Self {
        Self::make(false, clock)
    }

    fn make(global: bool, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            global,
            boot_id: format!("{:016x}", RandomState::new().hash_one(())),
            clock,
            entries: Mutex::default(),
            hub: Arc::default(),
            results: Arc::default(),
            #[cfg(feature = "tokio")]
            tasks: Tasks::default(),
            #[cfg(feature = "test-util")]
            scope: OnceLock::new(),
            #[cfg(feature = "tokio")]
            made: AssertUnwindSafe::default(),
        }))
    }

    /// Returns sixteen random hexadecimal digits that identify this registry, across processes too. A changed id means
    /// that the process was restarted, and that counters and the numbers of events have started again.
    ///
    /// ```
    /// use breaker_core::Registry;
    ///
    /// let (one, other) = (Registry::new(), Registry::new());
    /// assert_eq!(one.boot_id().len(), 16);
    /// assert_ne!(one.boot_id(), other.boot_id());
    /// ```
    pub fn boot_id(&self) -> &str {
        &self.0.boot_id
    }

    /// Returns the clock of its breakers.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Returns the breaker of this service, or `None` if no code names the service. An empty name stands for the
    /// service `unnamed`.
    pub fn get(&self, service: &str) -> Option<CircuitBreaker> {
        let service = canonical(service);
        if let Some(entry) = self.lock().breakers.get(service) {
            return Some(entry.breaker.clone());
        }
        let site = self.sites().find(|site| site.service() == service)?;
        Some(self.site_breaker(site))
    }

    /// Returns the breaker of this service, or creates it with `config`. An existing breaker keeps its configuration;
    /// [`conflicts`](Self::conflicts) then reports each key that `config` sets to a value that differs from the code's
    /// so far, with both places.
    ///
    /// An empty name becomes `unnamed`. The name `defaults` is reserved, because files and variables can't configure
    /// such a service: creating it causes an [`EventKind::BadConfiguration`].
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "the breaker takes ownership")]
    pub fn get_or_create(&self, service: &str, config: Config) -> CircuitBreaker {
        self.get_or_insert(canonical(service), &Asker::ByHand(&config, place_of(Location::caller())))
    }

    /// Returns the breaker of this service, or creates it with `config` if no code names the service: for clients and
    /// layers that take any breaker, and have defaults for a new one. If code that comes later sets other values,
    /// [`conflicts`](Self::conflicts) reports them.
    ///
    /// ```
    /// use breaker_core::{Config, Registry};
    ///
    /// let registry = Registry::new();
    /// registry.get_or_create("sessions", Config::builder().failure_threshold(7).build()?);
    /// let sessions = registry.get_or_default("sessions", Config::cache());
    /// assert_eq!(sessions.config().failure_threshold(), Some(7));
    /// assert_eq!(registry.get_or_default("pages", Config::cache()).config().failure_threshold(), Some(10));
    /// assert!(registry.conflicts().is_empty());
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "the breaker takes ownership")]
    pub fn get_or_default(&self, service: &str, config: Config) -> CircuitBreaker {
        let place = place_of(Location::caller());
        // An annotated function has its breaker from its first call on.
        self.get(service).unwrap_or_else(|| self.get_or_insert(canonical(service), &Asker::Default(&config, place)))
    }

    /// Returns all breakers in the order of their names, including those of annotated functions that were never called.
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        for site in self.sites() {
            self.make_listed(site);
        }
        self.lock().breakers.values().map(|entry| entry.breaker.clone()).collect()
    }

    /// Returns the metrics of each service, and their total.
    pub fn metrics(&self) -> RegistryMetrics {
        let services = self.breakers().iter().map(CircuitBreaker::metrics).collect::<Vec<Metrics>>();
        RegistryMetrics::of(services, self.0.hub.dropped())
    }

    /// Returns the health of all services, for a health endpoint.
    pub fn health(&self) -> HealthReport {
        HealthReport::of(&self.breakers(), &self.0.results)
    }

    /// Returns a stream of the events of all services from now on. A reader that is more than 256 events behind loses
    /// the oldest: [`missed`](EventStream::missed) counts them.
    pub fn subscribe(&self) -> EventStream {
        self.0.hub.subscribe()
    }

    /// Returns the last 32 events of all services and of the registry itself, oldest first.
    ///
    /// ```
    /// use breaker_core::{Config, Mode, Registry};
    ///
    /// let registry = Registry::new();
    /// for service in ["mail", "search"] {
    ///     registry.get_or_create(service, Config::default()).set_mode(Mode::ForcedOpen);
    /// }
    /// let events = registry.history();
    /// assert_eq!(events.iter().map(|event| event.service).collect::<Vec<_>>(), [Some("mail"), Some("search")]);
    /// ```
    pub fn history(&self) -> Vec<Event> {
        self.0.hub.history()
    }

    /// Calls `listener` with each event of every service from now on, as [`CircuitBreaker::on_event`] does. Events that
    /// are dropped because its queue is full are counted in [`RegistryMetrics::dropped_events`].
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.hub.listen(listener);
    }

    /// Returns the breaker of an annotated function's service.
    fn site_breaker(&self, site: &'static Site) -> CircuitBreaker {
        self.get_or_insert(site.service(), &Asker::Site(site))
    }

    fn get_or_insert(&self, service: &str, asker: &Asker<'_>) -> CircuitBreaker {
        let mut entries = self.lock();
        let (breaker, news) = if let Some(entry) = entries.breakers.get_mut(service) {
            let conflicts: Vec<_> = entry.contradict(service, asker).into_iter().map(EventKind::Conflict).collect();
            (entry.breaker.clone(), conflicts)
        } else {
            let sites = self.sites_of(service);
            let merged = asker.merge(service, &sites);
            self.insert(&mut entries, service, merged, sites)
        };
        // Listeners run outside the lock.
        drop(entries);
        #[cfg(feature = "tokio")]
        self.0.made.send_replace(());
        breaker.announce(news);
        breaker
    }

    fn insert(
        &self,
        entries: &mut Entries,
        service: &str,
        merged: Merged,
        sites: Vec<&'static Site>,
    ) -> (CircuitBreaker, Vec<EventKind>) {
        let conflicts = merged.conflicts.iter().cloned().map(EventKind::Conflict);
        let mut news: Vec<_> = misnamed(service).into_iter().chain(conflicts).collect();
        // Settings that were given before the code was known fit the defaults. If they don't fit the code, only the
        // code's are used.
        let mut laid = entries.over(service, &merged.code);
        let config = laid.resolve().unwrap_or_else(|error| {
            news.push(EventKind::BadConfiguration(entries::misfit(service, &laid.said, &error).into()));
            laid = Laid::alone(service, &merged.code);
            merged.config
        });
        let standing = laid.standing(service, &config);
        let breaker = CircuitBreaker::make(service, config, self.0.clock.clone());
        breaker.pass_events_on_to(Arc::clone(&self.0.hub));
        if self.0.global {
            breaker.leak();
        }
        let reserved = names::conflict(service, &merged.place).map(Arc::new);
        let conflicts = Conflicts::new(merged.conflicts.into_iter().chain(reserved));
        let (code, place) = (merged.code, merged.place);
        let mut entry = Entry {
            breaker: breaker.clone(),
            code,
            conflicts,
            standing: Vec::new(),
            #[cfg(feature = "tokio")]
            is_missing_check_told: false,
            place,
            sites,
        };
        news.extend(entry.keep_standing(standing));
        entries.breakers.insert(service.to_owned(), entry);
        (breaker, news)
    }

    /// Returns the annotated functions that belong to this registry.
    fn sites(&self) -> impl Iterator<Item = &'static Site> {
        sites().filter(|_| self.0.global)
    }

    /// Returns the annotated functions of one service, in the order of the code.
    fn sites_of(&self, service: &str) -> Vec<&'static Site> {
        let mut sites: Vec<_> = self.sites().filter(|site| site.service() == service).collect();
        sites.sort_by_key(|site| site.location().order());
        sites
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // No user code runs under this lock.
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(caller: &Location<'_>) -> String {
    format!("{}:{}", caller.file(), caller.line())
}
