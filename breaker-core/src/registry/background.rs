//! Starting and stopping what runs in the background: health checks, the log of metrics, the watch of files.

use std::error::Error;
use std::panic::Location;
use std::sync::{Arc, Weak};

use tokio::runtime::Handle;

#[cfg(feature = "test-util")]
use super::scope::carried::ScopedFuture;
use super::tasks::TaskGuard;
use super::{Inner, Registry, metrics_log};

use crate::breaker::CircuitBreaker;
use crate::breaker::name::intern;
use crate::health::{Runner, Sheet};
use crate::log;

impl Registry {
    /// Asks a service at its `health_check_interval` whether it is well, and lets the answers drive its circuit. The first
    /// check comes at once, and no two of a service overlap. A check that panics, or takes `health_check_timeout`, has failed.
    ///
    /// - `health_check_failures` checks that fail in a row open the circuit.
    /// - `health_check_successes` checks in a row that succeed since it opened let it probe at once. They never shorten what a
    ///   call asked for by [`Outcome::OpenFor`](crate::Outcome::OpenFor).
    /// - While no call comes to probe for a whole interval, each further check that succeeds counts as a successful probe, so
    ///   that the circuit of a quiet service closes.
    /// - If a probe fails nevertheless, the checks were wrong: until the circuit has closed, they neither shorten its open
    ///   time nor close it. They may still open it.
    ///
    /// A check may call an annotated function of its own service: that call needs no admission and is not counted. If the error
    /// of a check is a [`Rejection`](crate::Rejection) or a
    /// [`CircuitBreakerError::Rejected`](crate::CircuitBreakerError::Rejected), or has one among its sources, a breaker
    /// rejected what the check called. That says nothing about the service, and the check counts neither as failed nor as
    /// successful.
    ///
    /// If there is no breaker of this name yet, the check waits until one is made; until then it is in
    /// [`conflicts`](Self::conflicts) and in the log, with the nearest name. Annotated functions are known before their first
    /// call.
    ///
    /// Calls that the check makes of its own breaker, by annotated functions or by hand, are neither rejected nor counted. Those
    /// of other breakers, and those of tasks that it spawns, are ordinary calls.
    ///
    /// It runs while `enable_health_check` says so, on the tokio runtime of the caller, until its guard is dropped, another
    /// check of the service takes its place, [`shutdown`](Self::shutdown) is called, or the runtime ends.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// ```
    /// use breaker_core::{Config, Registry, State};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let registry = Registry::new();
    /// let config = Config::builder().enable_health_check(true).health_check_failures(1).build().unwrap();
    /// let database = registry.get_or_create("database", config);
    /// let check = registry.health_check("database", || async { Err("connection refused") });
    /// # while database.state() == State::Closed { tokio::task::yield_now().await }
    /// // A moment later:
    /// assert_eq!(database.state(), State::Open);
    /// # drop(check);
    /// # });
    /// ```
    ///
    /// `check` is called for each run, so a handle that it captures is cloned for each future:
    ///
    /// ```
    /// # use breaker_core::Registry;
    /// # #[derive(Clone)]
    /// # struct Pool;
    /// # impl Pool {
    /// #     async fn ping(&self) -> Result<(), std::io::Error> { Ok(()) }
    /// # }
    /// # fn start(registry: &Registry, pool: Pool) {
    /// let check = registry.health_check("database", move || {
    ///     let pool = pool.clone();
    ///     async move { pool.ping().await }
    /// });
    /// # check.detach();
    /// # }
    /// ```
    #[track_caller]
    pub fn health_check<C, F, E>(&self, service: &str, check: C) -> TaskGuard
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let runtime = runtime("health_check");
        let service = intern(service);
        let results = Sheet::new(&self.0.results, service);
        let known = self.get(service);
        match &known {
            Some(breaker) => warn_if_off(breaker),
            None => self.check_for_unknown_service(service, &Location::caller().to_string()),
        }
        let registry = Arc::downgrade(&self.0);
        let task = async move {
            let Some(breaker) = made(known, registry, service).await else { return };
            Runner { breaker, check: Arc::new(check), results }.run().await;
        };
        self.start(&runtime, format!("check {service}"), task)
    }

    /// Logs what each service counts, a line each time its `metrics_log_interval` has passed (60 s by default; at most once
    /// in a millisecond): at level info, target `circuit_breaker` (feature `tracing`). A changed interval holds at once; a
    /// service that is made later is seen within a minute. It runs as a health check does; the next one takes its place.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn log_metrics(&self) -> TaskGuard {
        self.start(&runtime("log_metrics"), "metrics".to_owned(), metrics_log::run(self.clone()))
    }

    /// Runs a task of this project's own crates in the background, as a health check runs; of two with one name, the later
    /// takes the earlier one's place. Tasks of yours are better off with `tokio::spawn`: a registry supervises nothing.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[doc(hidden)]
    #[track_caller]
    pub fn background(&self, name: &str, task: impl Future<Output = ()> + Send + 'static) -> TaskGuard {
        self.start(&runtime("background"), format!("task {name}"), task)
    }

    /// Stops everything that runs in the background, health checks in the middle of their work, too; what blocks its thread
    /// is left behind after half a second. Breakers go on.
    pub async fn shutdown(&self) {
        self.0.tasks.stop().await;
    }

    /// In the scope of this registry, if it has one.
    fn start(&self, runtime: &Handle, name: String, task: impl Future<Output = ()> + Send + 'static) -> TaskGuard {
        #[cfg(feature = "test-util")]
        let task = ScopedFuture::new(self.0.scope.get().copied(), task);
        self.0.tasks.start(runtime, name, task)
    }
}

fn warn_if_off(breaker: &CircuitBreaker) {
    if !breaker.config().enable_health_check() {
        log::health_check_is_off(breaker.service());
    }
}

/// The breaker of this service, once there is one; `None` when the registry is gone.
async fn made(known: Option<CircuitBreaker>, registry: Weak<Inner>, service: &str) -> Option<CircuitBreaker> {
    if known.is_some() {
        return known;
    }
    loop {
        let mut made = {
            let registry = Registry(registry.upgrade()?);
            // Before it looks: what is made in between is news.
            let made = registry.0.made.subscribe();
            if let Some(breaker) = registry.get(service) {
                warn_if_off(&breaker);
                return Some(breaker);
            }
            made
        };
        made.changed().await.ok()?;
    }
}

/// The caller's runtime. A task can't be started without one, and a guard of a task that never runs would hide that.
#[track_caller]
fn runtime(method: &str) -> Handle {
    let Ok(runtime) = Handle::try_current() else {
        panic!("`Registry::{method}` starts a task on tokio: call it inside a tokio runtime")
    };
    runtime
}
