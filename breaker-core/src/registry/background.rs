//! Starting and stopping what runs in the background: health checks, the log of metrics, the watch of files.

use std::fmt::Display;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::tasks::TaskGuard;
use super::{Registry, metrics_log};
use crate::config::Config;
use crate::health::{Runner, Sheet};
use crate::log;

impl Registry {
    /// Asks a service at its `health_check_interval` whether it is well, and lets the answer drive its circuit: after
    /// `health_check_failures` failed checks in a row it opens; a good check lets an open one probe at once. A check that
    /// panics, or takes `health_check_timeout`, has failed. The first comes at once; no two of a service overlap.
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
    /// let database = registry.get_or_create("database", Config::database());
    /// let check = registry.health_check("database", || async { Err("connection refused") });
    /// # while database.state() == State::Closed { tokio::task::yield_now().await }
    /// // A moment later:
    /// assert_eq!(database.state(), State::Open);
    /// # drop(check);
    /// # });
    /// ```
    #[track_caller]
    pub fn health_check<C, F, E>(&self, service: &str, check: C) -> TaskGuard
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + 'static,
    {
        let runtime = runtime("health_check");
        let breaker = match self.get(service) {
            Some(breaker) => breaker,
            None => self.get_or_create(service, Config::default()),
        };
        if !breaker.config().enable_health_check() {
            log::health_check_is_off(breaker.service());
        }
        let service = breaker.service();
        let results = Sheet::new(&self.0.results, service);
        let runner = Runner { breaker, check: Arc::new(check), results };
        self.0.tasks.start(&runtime, format!("check {service}"), runner.run())
    }

    /// Logs what each service counts, a line each time its `metrics_log_interval` has passed (60 s by default; at most once
    /// in a millisecond): at level info, target `circuit_breaker` (feature `tracing`). A changed interval holds at once; a
    /// service that is made later is seen within a minute. It runs as a health check does; the next one takes its place.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn log_metrics(&self) -> TaskGuard {
        self.0.tasks.start(&runtime("log_metrics"), "metrics".to_owned(), metrics_log::run(self.clone()))
    }

    /// Runs a task of this project's own crates in the background, as a health check runs; of two with one name, the later
    /// takes the earlier one's place. Tasks of yours are better off with `tokio::spawn`: a registry supervises nothing.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[doc(hidden)]
    #[track_caller]
    pub fn background(&self, name: &str, task: impl Future<Output = ()> + Send + 'static) -> TaskGuard {
        self.0.tasks.start(&runtime("background"), format!("task {name}"), task)
    }

    /// Stops everything that runs in the background, health checks in the middle of their work, too; what blocks its thread
    /// is left behind after half a second. Breakers go on.
    pub async fn shutdown(&self) {
        self.0.tasks.stop().await;
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
