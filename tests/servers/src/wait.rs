//! Waiting for a condition.

use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for anything, on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(120);

/// How long to wait between two questions.
const PAUSE: Duration = Duration::from_millis(10);

/// Asks until there is an answer, and returns it. Blocks the thread.
///
/// # Panics
/// If there is none within [`LIMIT`], with the last reason why.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(why) => assert!(Instant::now() < deadline, "not within {LIMIT:?}: {what}: {why}"),
        }
        thread::sleep(PAUSE);
    }
}
