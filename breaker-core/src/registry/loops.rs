//! What runs in the background: health checks, the log of metrics. All of it on the runtime of whoever starts it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{AbortHandle, JoinHandle};

/// Something that runs in the background. Dropped, it stops.
#[derive(Debug)]
#[must_use = "it stops when this is dropped: keep it, or `detach` it"]
pub struct BackgroundLoop(Option<AbortHandle>);

impl BackgroundLoop {
    /// Lets it run on without a guard, until [`Registry::shutdown`](crate::Registry::shutdown) or the end of its runtime.
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
        running.retain(|_, task| !task.is_finished());
        let before = running.insert(what, task);
        drop(running);
        if let Some(before) = before {
            before.abort();
        }
        guard
    }

    pub(super) async fn stop(&self) {
        let running = std::mem::take(&mut *self.lock());
        running.values().for_each(JoinHandle::abort);
        let ends = async {
            for task in running.into_values() {
                // An error says that it was aborted, which is what was asked for.
                let _ = task.await;
            }
        };
        let _ = tokio::time::timeout(Self::PATIENCE, ends).await;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
