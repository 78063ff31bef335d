//! Watching files. They are read again and again: that sees an editor that replaces the file, a symlink on the path that
//! is swapped, and a network's disk alike, and what is compared is what they hold.

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

/// From one poll to the next.
const PERIOD: Duration = Duration::from_millis(500);

impl Loader {
    /// Loads the sources and applies them to `registry`, as [`apply_to`](crate::Configuration::apply_to) does, then watches
    /// the files: a change that is good is applied at once and as a whole, about a second after it is written; the
    /// variables stay as they were. Breakers keep their state, window and counters.
    ///
    /// A change that is bad changes nothing: it is one [`EventKind::BadConfiguration`](breaker_core::EventKind) of the
    /// registry and, with the feature `tracing`, one line in the log; so is a file that vanishes, or in whose place there is
    /// a pipe or a device. The watch goes on, and the next good change is applied.
    ///
    /// It runs on the tokio runtime of the caller until the guard is dropped, another watch of this registry takes its
    /// place, [`Registry::shutdown`] is called, or the runtime ends; the runtime must have its timers enabled. A relative
    /// path stays the one that it is now, wherever the process goes.
    ///
    /// # Errors
    /// What is wrong now, all of it; then nothing changes and nothing is watched.
    ///
    /// # Panics
    /// Outside of a tokio runtime, or if the system gives no thread to read the files on.
    pub fn watch(self, registry: &Registry) -> Result<TaskGuard, Error> {
        let loader = self.absolute();
        let texts = loader.read(regular);
        loader.check(&texts)?.apply_to(registry)?;
        let watcher = Watcher { loader, pending: None, reported: texts };
        let task = follow(registry.clone(), poll_on_thread(watcher));
        Ok(registry.background("configuration", task))
    }
}

/// What a changed file configures, or why it can't be used.
type Change = Result<Configuration, Error>;

/// Requests to poll the files, each with the channel for its answer.
type PollRequests = mpsc::Sender<oneshot::Sender<Option<Change>>>;

/// A thread of its own, which ends when nobody requests any more: a disk that hangs must hold up neither the runtime's
/// threads nor, at its end, the runtime, which waits for those that may block.
fn poll_on_thread(mut watcher: Watcher) -> PollRequests {
    let (requests, received) = mpsc::channel::<oneshot::Sender<_>>();
    thread::spawn(move || {
        for answer in received {
            // Nobody waits for it if the watch has just ended.
            let _ = answer.send(watcher.poll());
        }
    });
    requests
}

async fn follow(registry: Registry, requests: PollRequests) {
    loop {
        registry.clock().sleep(PERIOD).await;
        let (answer, polled) = oneshot::channel();
        // An error is met below: the answer is dropped.
        let _ = requests.send(answer);
        match polled.await {
            Ok(None) => {}
            Ok(Some(change)) => apply(change, &registry),
            Err(_) => {
                let problem = "the watch of the configuration has ended by a panic of its own";
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

/// A pipe or a device gives what it holds only once, and may block its reader forever.
fn regular(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    // The system reports what a directory is.
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(io::Error::other("only a regular file can be watched"))
}

struct Watcher {
    loader: Loader,
    /// What the last poll read, where it differs from what is reported: it counts once it stays the same, for a file that
    /// is written in place may be in the middle of it.
    pending: Option<Vec<SourceText>>,
    /// What was read when a change was reported the last time.
    reported: Vec<SourceText>,
}

impl Watcher {
    /// The change, if there is one and it is complete.
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
