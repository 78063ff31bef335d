//! Tasks that call again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures::poll;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::tally::Tally;

/// A call that has not ended so long after its `request_timeout` hangs. A loaded machine delays a wake-up by fractions of
/// a second; the tests of each wrapper check on a manual clock that a call ends exactly at its timeout.
const MARGIN: Duration = Duration::from_secs(30);
/// How long a caller waits between two calls. With less, rejected calls alone would keep a core busy.
const PAUSE: Duration = Duration::from_millis(10);
/// One of so many calls is dropped after its first poll, if it has not ended then.
const DROPPED: u64 = 16;

/// A client and what its callers counted.
pub(crate) struct Called {
    pub(crate) client: Client,
    pub(crate) tally: Tally,
}

impl Called {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, tally: Tally::default() }
    }

    /// Calls once. `number` decides whether the call is dropped. Returns an error if it hangs.
    pub(crate) async fn call(&self, number: u64) -> Result<(), String> {
        self.tally.start();
        let start = Instant::now();
        let mut call = (self.client.call)();
        if let std::task::Poll::Ready(seen) = poll!(&mut call) {
            self.tally.end(&seen, start.elapsed(), true);
            return Ok(());
        }
        if number % DROPPED == DROPPED - 1 {
            drop(call);
            self.tally.drop_call();
            return Ok(());
        }
        let limit = self.client.breaker.config().request_timeout().expect("it is set") + MARGIN;
        let seen = tokio::time::timeout(limit, call).await;
        let seen = seen.map_err(|_| format!("a call through {} hangs: {limit:?}", self.client.name))?;
        self.tally.end(&seen, start.elapsed(), false);
        Ok(())
    }
}

/// Tasks that call one client until they are stopped.
pub(crate) struct Callers {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Result<(), String>>>,
}

impl Callers {
    pub(crate) fn start(handle: &Handle, count: usize, called: &Arc<Called>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let task = |first: u64| {
            let (stop, called) = (Arc::clone(&stop), Arc::clone(called));
            handle.spawn(async move {
                let mut number = first;
                while !stop.load(Relaxed) {
                    called.call(number).await?;
                    number += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(())
            })
        };
        let tasks = (0..count as u64).map(task).collect();
        Self { stop, tasks }
    }

    /// Ends all tasks after the call they are in. Returns what went wrong.
    pub(crate) fn stop(self, handle: &Handle) -> Vec<String> {
        self.stop.store(true, Relaxed);
        let ends = self.tasks.into_iter().map(|task| handle.block_on(task).expect("no task panics"));
        ends.filter_map(Result::err).collect()
    }
}
