//! Starts and stops background tasks: health checks, the log of metrics, the watch of files.

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
#[cfg(doc)]
use crate::event::ConflictKind;
use crate::health::{Runner, Sheet};
use crate::log;

impl Registry {
    /// Runs a health check of a service every `health_check_interval`, and lets the results drive its circuit. The
    /// first check starts immediately; checks of one service never overlap. A check that panics or takes longer than
    /// `health_check_timeout` has failed.
    ///
    /// - `health_check_failures` consecutive failed checks open the circuit.
    /// - `health_check_successes` consecutive successful checks since the circuit opened make it half-open immediately.
    ///   They never shorten an open period that a call asked for by [`Outcome::OpenFor`](crate::Outcome::OpenFor).
    /// - If no call arrives as a probe for a whole interval, each further successful check counts as a successful
    ///   probe, so that the circuit of a service without traffic closes.
    /// - If a probe fails nevertheless, the checks were wrong: until the circuit has closed, they neither shorten its
    ///   open period nor close it. They may still open it.
    ///
    /// If the error of a check is a [`Rejection`](crate::Rejection) or a
    /// [`CircuitBreakerError::Rejected`](crate::CircuitBreakerError::Rejected), or has one among its sources, a breaker
    /// rejected a call of the check. That says nothing about the service, so the check counts neither as failed nor as
    /// successful.
    ///
    /// If there is no breaker of this name yet, the check waits until one is created. Until then,
    /// [`conflicts`](Self::conflicts) and the log report it, with the nearest name. Annotated functions are known
    /// before their first call.
    ///
    /// Calls that the check makes through the breaker of its own service, by annotated functions or by hand, need no
    /// admission and are not counted. Calls through other breakers, and calls in tasks that the check spawns, are
    /// ordinary calls.
    ///
    /// Checks run while `enable_health_check` is `true`, on the tokio runtime of the caller, until the returned guard
    /// is dropped, another check of the service replaces this one, [`shutdown`](Self::shutdown) is called, or the
    /// runtime ends.
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
    /// `check` is called for each run. Clone captured handles for each future:
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

    /// Logs the metrics of each service, one line every `metrics_log_interval` (60 s by default; at most once per
    /// millisecond), at level info with the target `circuit_breaker` (feature `tracing`). A changed interval applies
    /// immediately; a service that is created later is found within a minute.
    ///
    /// With the first line of a service, the log also warns if `enable_health_check` is set but no health check is
    /// registered ([`ConflictKind::MissingHealthCheck`]).
    ///
    /// The task runs on the caller's runtime until its guard is dropped, another call of `log_metrics` replaces it,
    /// [`shutdown`](Self::shutdown) is called, or the runtime ends.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn log_metrics(&self) -> TaskGuard {
        self.start(&runtime("log_metrics"), "metrics".to_owned(), metrics_log::run(self.clone()))
    }

    /// Runs a task of this project's own crates in the background, as a health check runs. A later task replaces an
    /// earlier one of the same name. For your own tasks, use `tokio::spawn`: a registry does not supervise tasks.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[doc(hidden)]
    #[track_caller]
    pub fn background(&self, name: &str, task: impl Future<Output = ()> + Send + 'static) -> TaskGuard {
        self.start(&runtime("background"), format!("task {name}"), task)
    }

    /// Stops all background tasks, including health checks that are running. It waits for them to end, but at most half
    /// a second for those that block their thread. Breakers keep working.
    pub async fn shutdown(&self) {
        self.0.tasks.stop().await;
    }

    /// Starts a task, in the scope of this registry if it has one.
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

/// Waits for the breaker of this service; `None` if the registry was dropped.
async fn made(known: Option<CircuitBreaker>, registry: Weak<Inner>, service: &str) -> Option<CircuitBreaker> {
    if known.is_some() {
        return known;
    }
    loop {
        let mut made = {
            let registry = Registry(registry.upgrade()?);
            // Subscribe before the lookup, so that a breaker created in between is not missed.
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

/// Returns the caller's runtime. It panics without one, because a guard of a task that never runs would hide the
/// mistake.
#[track_caller]
fn runtime(method: &str) -> Handle {
    let Ok(runtime) = Handle::try_current() else {
        panic!("`Registry::{method}` starts a task on tokio: call it inside a tokio runtime")
    };
    runtime
}
