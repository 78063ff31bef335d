//! Services and their breakers, by name. Cold: an annotated function asks once.

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
mod global;
mod laid;
mod merge;
mod metrics;
#[cfg(feature = "tokio")]
mod metrics_log;
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
/// Annotated functions use [`Registry::global`], which lists them before their first call. A registry of your own is
/// for breakers that you make by hand. Tests of annotated functions use `Registry::scope` (feature `test-util`).
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
    boot_id: String,
    clock: Clock,
    entries: Mutex<Entries>,
    hub: Arc<Hub>,
    /// What the health checks have found last.
    results: Arc<Results>,
    #[cfg(feature = "tokio")]
    tasks: Tasks,
    /// Itself, if it is the registry of a scope.
    #[cfg(feature = "test-util")]
    scope: OnceLock<&'static Registry>,
    /// Wakes the health checks that wait for their service. It holds nothing that a panic could leave half-done.
    #[cfg(feature = "tokio")]
    made: AssertUnwindSafe<watch::Sender<()>>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
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

    /// Sixteen hexadecimal digits that no other registry has, in this process or another: who sees another one knows that
    /// the process was started anew, and that counters and the numbers of events begin again.
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

    /// The clock of its breakers.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The breaker of this service, if code has named it. An empty name is that of the service `unnamed`.
    pub fn get(&self, service: &str) -> Option<CircuitBreaker> {
        let service = canonical(service);
        if let Some(entry) = self.lock().breakers.get(service) {
            return Some(entry.breaker.clone());
        }
        let site = self.sites().find(|site| site.service() == service)?;
        Some(self.site_breaker(site))
    }

    /// The breaker of this service, made with `config` if there is none. If there is one with another configuration,
    /// that one stays as it is, and [`conflicts`](Self::conflicts) reports each key that `config` sets to another value than
    /// the one that holds, with both places.
    ///
    /// An empty name becomes `unnamed`. The name `defaults` is reserved: files and variables can't configure such a
    /// service, which an [`EventKind::BadConfiguration`] says when it is made.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "the breaker takes it over")]
    pub fn get_or_create(&self, service: &str, config: Config) -> CircuitBreaker {
        let service = canonical(service);
        let caller = Location::caller();
        let place = format!("{}:{}", caller.file(), caller.line());
        self.get_or_insert(service, &Asker::ByHand(&config, place))
    }

    /// All breakers, in the order of their names; those of annotated functions before their first call, too.
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        for site in self.sites() {
            self.make_listed(site);
        }
        self.lock().breakers.values().map(|entry| entry.breaker.clone()).collect()
    }

    /// What all services count, one by one and in total.
    pub fn metrics(&self) -> RegistryMetrics {
        let services = self.breakers().iter().map(CircuitBreaker::metrics).collect::<Vec<Metrics>>();
        RegistryMetrics::of(services, self.0.hub.dropped())
    }

    /// How the services are, for a health endpoint.
    pub fn health(&self) -> HealthReport {
        HealthReport::of(&self.breakers(), &self.0.results)
    }

    /// Events of all services from now on, as a stream. A reader that is more than 256 behind loses the oldest:
    /// [`missed`](EventStream::missed) counts them.
    pub fn subscribe(&self) -> EventStream {
        self.0.hub.subscribe()
    }

    /// The last 32 events of all services and of the registry itself, oldest first.
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

    /// Calls `listener` with each event of every service from now on, as [`CircuitBreaker::on_event`] does. Events that its
    /// queue has no place for are counted in [`RegistryMetrics::dropped_events`].
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.hub.listen(listener);
    }

    /// The breaker of an annotated function's service.
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
        // What was said early fits the defaults; where it doesn't fit the code, the code holds.
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
        let mut entry = Entry { breaker: breaker.clone(), code, conflicts, standing: Vec::new(), place, sites };
        news.extend(entry.keep_standing(standing));
        entries.breakers.insert(service.to_owned(), entry);
        (breaker, news)
    }

    /// The annotated functions that belong to this registry.
    fn sites(&self) -> impl Iterator<Item = &'static Site> {
        sites().filter(|_| self.0.global)
    }

    /// Those of one service, in the order of the code.
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
