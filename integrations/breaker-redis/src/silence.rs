//! Notices a connection that no longer answers, although no end of it got an error, because its packets are
//! lost. The system gives up on it after a quarter of an hour.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A command that was dropped sooner says nothing about the connection.
const PATIENCE: Duration = Duration::from_millis(100);

/// No version: those of connections begin at 1 here.
const NONE: u64 = 0;

/// What is known about the present connection. All accesses are relaxed: at worst, a connection is replaced in vain, or
/// one command later.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    /// The version that has answered. One that has never answered may still be connecting.
    heard: AtomicU64,
    /// The version on which a command was dropped after a while, without any answer since.
    unanswered: AtomicU64,
}

impl Silence {
    /// Whether the connection of this version has fallen silent.
    pub(crate) fn has_begun(&self, version: u64) -> bool {
        self.unanswered.load(Relaxed) == version + 1
    }

    /// Begins to wait for an answer. Dropping the result means that there was none.
    pub(crate) fn wait(&self, version: u64) -> Waiting<'_> {
        Waiting { silence: Some(self), version: version + 1, since: Instant::now() }
    }

    fn end(&self, version: u64) {
        // Nearly always both are so already, and no line is written that other threads read.
        if self.heard.load(Relaxed) != version {
            self.heard.store(version, Relaxed);
        }
        if self.unanswered.load(Relaxed) != NONE {
            self.unanswered.store(NONE, Relaxed);
        }
    }
}

/// A command that has no answer yet.
pub(crate) struct Waiting<'a> {
    silence: Option<&'a Silence>,
    version: u64,
    since: Instant,
}

impl Waiting<'_> {
    /// There is an answer, or an error.
    pub(crate) fn end(mut self) {
        if let Some(silence) = self.silence.take() {
            silence.end(self.version);
        }
    }

    /// The command may wait as long as it likes.
    pub(crate) fn forget(&mut self) {
        self.silence = None;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(silence) = self.silence else { return };
        if silence.heard.load(Relaxed) == self.version && self.since.elapsed() >= PATIENCE {
            silence.unanswered.store(self.version, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command that was sent long ago.
    fn old(silence: &Silence) -> Waiting<'_> {
        let mut waiting = silence.wait(7);
        waiting.since = waiting.since.checked_sub(PATIENCE).expect("the machine runs longer than that");
        waiting
    }

    #[test]
    fn a_command_that_is_dropped_after_a_while_is_noticed_until_there_is_an_answer() {
        let silence = Silence::default();
        silence.wait(7).end();
        drop(old(&silence));
        assert!(silence.has_begun(7) && !silence.has_begun(8));
        silence.wait(7).end();
        assert!(!silence.has_begun(7));
    }

    #[test]
    fn a_connection_that_has_never_answered_is_left_alone() {
        let silence = Silence::default();
        drop(old(&silence));
        assert!(!silence.has_begun(7));
    }

    #[test]
    fn neither_an_impatient_caller_nor_a_command_that_waits_on_the_server_is_noticed() {
        let silence = Silence::default();
        silence.wait(7).end();
        let mut impatient = silence.wait(7);
        impatient.since = Instant::now() + Duration::from_secs(60);
        drop(impatient);
        let mut waiting = old(&silence);
        waiting.forget();
        drop(waiting);
        assert!(!silence.has_begun(7));
    }
}
