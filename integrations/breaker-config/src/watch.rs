//! Files that change while the program runs. They are read again and again: that sees an editor that replaces the file,
//! a symlink somewhere on the way that is swapped, and a network's disk alike, and what is compared is what they hold.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use breaker_core::{BackgroundLoop, Registry};

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
    /// registry and, with the feature `tracing`, one line in the log; so is a file that vanishes, or in whose place there is a pipe or a device. The watch goes on, and
    /// the next good change is applied.
    ///
    /// It runs on the tokio runtime of the caller until the guard is dropped, another watch of this registry takes its
    /// place, [`Registry::shutdown`] is called, or the runtime ends.
    ///
    /// # Errors
    /// What is wrong now, all of it; then nothing changes and nothing is watched.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn watch(self, registry: &Registry) -> Result<BackgroundLoop, Error> {
        let texts = self.read(regular);
        self.check(&texts)?.apply_to(registry)?;
        let mut watcher = Watcher { loader: self, last: None, told: texts };
        let registry = registry.clone();
        let clock = registry.clone();
        Ok(clock.background("configuration", async move {
            loop {
                registry.sleep(PERIOD).await;
                // A disk that hangs must not hold up a thread of the runtime.
                let looked = tokio::task::spawn_blocking(move || {
                    let news = watcher.look();
                    (watcher, news)
                });
                // An error says that the runtime ends.
                let Ok((back, news)) = looked.await else { return };
                watcher = back;
                if let Some(news) = news {
                    take(news, &registry);
                }
            }
        }))
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
