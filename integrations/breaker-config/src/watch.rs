//! Files that change while the program runs. They are read again and again: that sees an editor that replaces the file,
//! a symlink somewhere on the way that is swapped, and a network's disk alike, and what is compared is what they hold.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, io, thread};

use breaker_core::{Registry, TaskGuard};
use tokio::sync::oneshot;

use crate::fault::Error;
use crate::load::{Loader, Text};
use crate::log;

/// From one look to the next.
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
        let watcher = Watcher { loader, last: None, told: texts };
        let task = follow(registry.clone(), on_a_thread(watcher));
        Ok(registry.background("configuration", task))
    }
}

/// Whoever looks, when asked; the answer comes through what it is asked with.
type Looker = mpsc::Sender<oneshot::Sender<Option<News>>>;

/// A thread of its own, which ends when nobody asks any more: a disk that hangs must hold up neither the runtime's
/// threads nor, at its end, the runtime, which waits for those that may block.
fn on_a_thread(mut watcher: Watcher) -> Looker {
    let (ask, asked) = mpsc::channel::<oneshot::Sender<_>>();
    thread::spawn(move || {
        for answer in asked {
            // Nobody waits for it if the watch has just ended.
            let _ = answer.send(watcher.look());
        }
    });
    ask
}

async fn follow(registry: Registry, ask: Looker) {
    loop {
        registry.sleep(PERIOD).await;
        let (answer, looked) = oneshot::channel();
        // An error is met below: the answer is dropped.
        let _ = ask.send(answer);
        match looked.await {
            Ok(None) => {}
            Ok(Some(news)) => take(news, &registry),
            Err(_) => {
                return registry.bad_configuration("the watch of the configuration has ended by a panic of its own");
            }
        }
    }
}

/// What a change says, if it can be used.
type News = Result<crate::Configuration, Error>;

fn take(news: News, registry: &Registry) {
    match news.and_then(|configuration| configuration.apply_to(registry)) {
        Ok(_) => log::reloaded(),
        Err(error) => registry.bad_configuration(&error.line()),
    }
}

/// A pipe or a device gives what it holds only once, and may let its reader wait for ever.
fn regular(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    // What a directory is, the system says.
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(io::Error::other("only a regular file can be watched"))
}

struct Watcher {
    loader: Loader,
    /// What was read the last time, if it is not what was told: it counts once it stays the same, for whoever writes a
    /// file in place may be in the middle of it.
    last: Option<Vec<Text>>,
    /// What was read when something was told the last time.
    told: Vec<Text>,
}

impl Watcher {
    fn look(&mut self) -> Option<News> {
        let now = self.loader.read(regular);
        if now == self.told {
            self.last = None;
            return None;
        }
        if self.last.as_ref() != Some(&now) {
            self.last = Some(now);
            return None;
        }
        let news = self.loader.check(&now);
        self.told = now;
        self.last = None;
        Some(news)
    }
}

#[cfg(test)]
mod tests;
