//! Tasks that call all clients at random.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::callers::Called;
use crate::random::Random;

const TASKS: u64 = 200;
/// How long a task waits between two calls: with less, the clients alone would keep two cores busy.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Tasks {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Result<(), String>>>,
}

impl Tasks {
    pub(super) fn start(handle: &Handle, clients: &Arc<Vec<Called>>, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let task = |number: u64| {
            let (stop, clients, mut random) = (Arc::clone(&stop), Arc::clone(clients), Random::new(seed, number));
            handle.spawn(async move {
                while !stop.load(Relaxed) {
                    let number = random.next();
                    random.one_of(&clients).call(number).await?;
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(())
            })
        };
        let tasks = (0..TASKS).map(task).collect();
        Self { stop, tasks }
    }

    /// Ends all tasks after the call they are in. Returns what went wrong.
    pub(super) fn stop(self, handle: &Handle) -> Vec<String> {
        self.stop.store(true, Relaxed);
        let ends = self.tasks.into_iter().map(|task| handle.block_on(task).expect("no task panics"));
        ends.filter_map(Result::err).collect()
    }
}
