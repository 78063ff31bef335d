//! Watches files by polling: reads them repeatedly and compares their contents. That also detects a file that an editor
//! replaces, a swapped symlink on the path, and changes on a network file system.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, io, thread};

use breaker_core::{BadConfiguration, Registry, TaskGuard};
use tokio::sync::oneshot;

use crate::configuration::Configuration;
use crate::error::Error;
use crate::loader::Loader;
use crate::log;
use crate::source::SourceText;

/// The time between two polls.
const PERIOD: Duration = Duration::from_millis(500);

impl Loader {
    /// Loads the sources, applies them to `registry` as [`apply_to`](crate::Configuration::apply_to) does, and watches the
    /// files. A valid change is applied as a whole, about a second after it is written. The variables are not read again.
    /// Breakers keep their state, window and counters.
    ///
    /// An invalid change is not applied. It causes one [`EventKind::BadConfiguration`](breaker_core::EventKind) of the registry
    /// and, with the feature `tracing`, one line in the log. A file that vanishes or is replaced by a pipe or a device counts as
    /// an invalid change. The watch continues and applies the next valid change.
    ///
    /// The watch runs on the caller's tokio runtime, which must have its timers enabled. It ends when the guard is dropped,
    /// another watch of this registry replaces it, [`Registry::shutdown`] is called, or the runtime ends. A relative path is
    /// resolved once, now: later changes of the working directory don't matter.
    ///
    /// # Errors
    /// Returns all faults of the present configuration; then nothing is applied and nothing is watched.
    ///
    /// # Panics
    /// Panics outside of a tokio runtime, or if the system can't start the thread that reads the files.
    #[track_caller]
    pub fn watch(self, registry: &Registry) -> Result<TaskGuard, Error> {
        // Before anything is applied.
        assert!(
            tokio::runtime::Handle::try_current().is_ok(),
            "`breaker_config::watch` starts a task on tokio: call it inside a tokio runtime"
        );
        let loader = self.absolute();
        let texts = loader.read(regular);
        loader.check(&texts)?.apply_to(registry)?;
        let watcher = Watcher { loader, pending: None, reported: texts };
        let task = follow(registry.clone(), poll_on_thread(watcher));
        Ok(registry.background("configuration", task))
    }
}

/// The configuration of the changed files, or why it is invalid.
type Change = Result<Configuration, Error>;

/// Requests to poll the files, each with the channel for its answer.
type PollRequests = mpsc::Sender<oneshot::Sender<Option<Change>>>;

/// Starts a thread that polls the files on request. It ends when the sender is dropped. A disk that hangs must block neither
/// the runtime's threads nor the shutdown of the runtime, which waits for its blocking threads.
fn poll_on_thread(mut watcher: Watcher) -> PollRequests {
    let (requests, received) = mpsc::channel::<oneshot::Sender<_>>();
    thread::spawn(move || {
        for answer in received {
            // The receiver is dropped if the watch has just ended.
            let _ = answer.send(watcher.poll());
        }
    });
    requests
}

async fn follow(registry: Registry, requests: PollRequests) {
    loop {
        registry.clock().sleep(PERIOD).await;
        let (answer, polled) = oneshot::channel();
        // If sending fails, `answer` is dropped, and `polled` returns the error below.
        let _ = requests.send(answer);
        match polled.await {
            Ok(None) => {}
            Ok(Some(change)) => apply(change, &registry),
            Err(_) => {
                let problem = "the watch of the configuration has ended because it panicked";
                return registry.bad_configuration(BadConfiguration::new(problem));
            }
        }
    }
}

fn apply(change: Change, registry: &Registry) {
    match change.and_then(|configuration| configuration.apply_to(registry)) {
        Ok(_) => log::reloaded(),
        Err(error) => registry.bad_configuration(error.into()),
    }
}

/// Allows only regular files: a pipe or a device can be read only once, and may block its reader forever.
fn regular(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    // Opening a directory fails with an error of the system that says what it is.
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(io::Error::other("only a regular file can be watched"))
}

struct Watcher {
    loader: Loader,
    /// The texts of the last poll, if they differ from `reported`. They are used only when the next poll reads the same,
    /// because a file that is written in place may be incomplete.
    pending: Option<Vec<SourceText>>,
    /// The texts of the last change that was reported.
    reported: Vec<SourceText>,
}

impl Watcher {
    /// Reads the files; returns the change, if there is one and it is complete.
    fn poll(&mut self) -> Option<Change> {
        let now = self.loader.read(regular);
        if now == self.reported {
            self.pending = None;
            return None;
        }
        if self.pending.as_ref() != Some(&now) {
            self.pending = Some(now);
            return None;
        }
        let change = self.loader.check(&now);
        self.reported = now;
        self.pending = None;
        Some(change)
    }
}

#[cfg(test)]
mod tests;
