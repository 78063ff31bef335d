//! The background tasks of a registry, and their guards.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};

use crate::by_name::ByName;
use crate::clock::{Clock, nanos};
use crate::timer::Timer;
use crate::unwind::{discard, release};

/// Guard of a background task. Dropping it stops the task.
#[derive(Debug)]
#[must_use = "the task stops when the guard is dropped: keep it, or `detach` it"]
pub struct TaskGuard(Option<AbortHandle>);

impl TaskGuard {
    /// Lets the task run without a guard, until [`Registry::shutdown`](crate::Registry::shutdown) or the end of its
    /// runtime.
    pub fn detach(mut self) {
        self.0 = None;
    }

    /// Whether the task has ended, because it was stopped or its runtime was shut down.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.0.as_ref().is_none_or(AbortHandle::is_finished)
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// The tasks of a registry, by name.
#[derive(Debug, Default)]
pub(super) struct Tasks(Mutex<ByName<String, JoinHandle<()>>>);

impl Tasks {
    /// How long a shutdown waits for tasks that block their thread.
    const PATIENCE: Duration = Duration::from_millis(500);

    /// Starts a task on this runtime, and stops the one of the same name.
    pub(super) fn start(
        &self,
        runtime: &Handle,
        name: String,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> TaskGuard {
        let task = runtime.spawn(task);
        let guard = TaskGuard(Some(task.abort_handle()));
        let mut running = self.lock();
        let over = running.take_if(JoinHandle::is_finished);
        let before = running.insert(name, task);
        // Payloads of panicked tasks are dropped outside the lock, because their drop is user code.
        drop(running);
        before.iter().for_each(JoinHandle::abort);
        over.into_iter().map(|(_, task)| task).chain(before).for_each(release);
        guard
    }

    pub(super) async fn stop(&self) {
        let running = std::mem::take(&mut *self.lock());
        running.values().for_each(JoinHandle::abort);
        let mut ends = pin!(async {
            for (_, task) in running {
                // An error means that the task was aborted, as requested, or that it panicked before.
                let _ = task.await.map_err(|error| error.try_into_panic().map(discard));
            }
        });
        // Not tokio's timeout, which panics in a runtime without timers, nor a clock that a test has to advance.
        let clock = Clock::monotonic();
        let mut timer = pin!(Timer::new(&clock, clock.now().saturating_add(nanos(Self::PATIENCE))));
        poll_fn(|cx| match ends.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => timer.as_mut().poll(&clock, cx),
        })
        .await;
    }

    fn lock(&self) -> MutexGuard<'_, ByName<String, JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
