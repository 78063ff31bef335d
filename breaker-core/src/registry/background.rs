//! What runs in the background: health checks, the log of metrics. All of it on the runtime of whoever starts it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinHandle};

use super::{Registry, metrics_log};
use crate::clock::{Clock, nanos};
use crate::config::Config;
use crate::health::{Runner, Sheet};
use crate::log;
use crate::timer::Timer;

/// Something that runs in the background. Dropped, it stops.
#[derive(Debug)]
#[must_use = "it stops when this is dropped: keep it, or `detach` it"]
pub struct BackgroundLoop(Option<AbortHandle>);

impl BackgroundLoop {
    /// Lets it run on without a guard, until [`Registry::shutdown`] or the end of its runtime.
    pub fn detach(mut self) {
        self.0 = None;
    }

    /// Whether it runs no more: it was stopped, or its runtime is gone.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.0.as_ref().is_none_or(AbortHandle::is_finished)
    }
}

impl Drop for BackgroundLoop {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Registry {
    /// Asks a service at its `health_check_interval` whether it is well, and lets the answer drive its circuit: after
    /// `health_check_failures` failed checks in a row it opens; a good check lets an open one probe at once. A check that
    /// panics, or takes `health_check_timeout`, has failed. The first comes at once; no two of a service overlap.
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
    pub fn health_check<C, F, E>(&self, service: &str, check: C) -> BackgroundLoop
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + 'static,
    {
        let breaker = match self.get(service) {
            Some(breaker) => breaker,
            None => self.get_or_create(service, Config::default()),
        };
        if !breaker.config().enable_health_check() {
            log::health_check_is_off(breaker.service());
        }
        let results = Sheet::new(&self.0.results, breaker.service());
        let runner = Runner { breaker, check: Arc::new(check), results };
        self.0.loops.start(format!("check {service}"), runner.run())
    }

    /// Logs what each service counts, a line each time its `metrics_log_interval` has passed (60 s by default; at most once
    /// in a millisecond): at level info, target `circuit_breaker` (feature `tracing`). A changed interval holds at once; a
    /// service that is made later is seen within a minute. It runs as a health check does; the next one takes its place.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn log_metrics(&self) -> BackgroundLoop {
        self.0.loops.start("metrics".to_owned(), metrics_log::run(self.clone()))
    }

    /// Runs something else in the background, as a health check runs; of two with one name, the later takes the earlier
    /// one's place.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// ```
    /// use breaker_core::Registry;
    /// use std::time::Duration;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let registry = Registry::global();
    /// let report = registry.background("report", async move {
    ///     loop {
    ///         registry.sleep(Duration::from_secs(60)).await;
    ///         println!("{:?}", registry.health().status);
    ///     }
    /// });
    /// registry.shutdown().await;
    /// assert!(report.is_finished());
    /// # });
    /// ```
    pub fn background(&self, name: &str, task: impl Future<Output = ()> + Send + 'static) -> BackgroundLoop {
        self.0.loops.start(format!("task {name}"), task)
    }

    /// Waits on this registry's clock; at least a millisecond, so that a loop can't take its thread for itself.
    pub async fn sleep(&self, duration: Duration) {
        let clock = &self.0.clock;
        let span = nanos(duration.max(Duration::from_millis(1)));
        let mut timer = Timer::new(clock, clock.now().saturating_add(span));
        // At the end of the clock's range there is nothing to wait for.
        tokio::task::yield_now().await;
        poll_fn(|cx| timer.poll(clock, cx)).await;
    }

    /// Stops everything that runs in the background, health checks in the middle of their work, too; what blocks its thread
    /// is left behind after half a second. Breakers go on.
    pub async fn shutdown(&self) {
        self.0.loops.stop().await;
    }
}

/// Those of a registry, by what they do.
#[derive(Debug, Default)]
pub(super) struct Loops(Mutex<BTreeMap<String, JoinHandle<()>>>);

impl Loops {
    /// How long what blocks its thread may keep a shutdown waiting.
    const PATIENCE: Duration = Duration::from_millis(500);

    /// Starts it; one that did the same is stopped.
    pub(super) fn start(&self, what: String, task: impl Future<Output = ()> + Send + 'static) -> BackgroundLoop {
        let task = tokio::spawn(task);
        let guard = BackgroundLoop(Some(task.abort_handle()));
        let mut running = self.lock();
        let (over, on): (BTreeMap<_, _>, _) =
            std::mem::take(&mut *running).into_iter().partition(|(_, task)| task.is_finished());
        *running = on;
        let before = running.insert(what, task);
        // What a task has panicked with goes outside the lock: that is code of others.
        drop(running);
        drop(over);
        if let Some(before) = before {
            before.abort();
        }
        guard
    }

    pub(super) async fn stop(&self) {
        let running = std::mem::take(&mut *self.lock());
        running.values().for_each(JoinHandle::abort);
        let mut ends = pin!(async {
            for task in running.into_values() {
                // An error says that it was aborted, which is what was asked for.
                let _ = task.await;
            }
        });
        // Not tokio's timeout, which panics in a runtime without timers, nor a clock that somebody has to move.
        let clock = Clock::monotonic();
        let mut timer = Timer::new(&clock, clock.now().saturating_add(nanos(Self::PATIENCE)));
        poll_fn(|cx| if ends.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { timer.poll(&clock, cx) }).await;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
