//! Threads that deliver queued events to busy listeners and end expired modes. They start when there is work, end when
//! there is none, and are at most eight in the process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Limit of the number of threads.
const MOST: usize = 8;

/// Work that is done in pieces, so that a thread can alternate between several.
pub(crate) trait Work: Send + Sync {
    /// Does one piece and returns whether more is left. Must not panic.
    fn piece(&self) -> bool;
}

/// The worker threads and the work that is ready for them.
pub(super) struct Pool(Mutex<Inner>);

struct Inner {
    ready: VecDeque<Arc<dyn Work>>,
    workers: usize,
}

/// The pool of the process.
pub(super) static POOL: Pool = Pool::new();

/// Hands work to a worker thread.
pub(crate) fn run_on_worker(work: Arc<dyn Work>) {
    POOL.add(work);
}

impl Pool {
    const fn new() -> Self {
        Self(Mutex::new(Inner { ready: VecDeque::new(), workers: 0 }))
    }

    /// Hands work to a worker thread. If no thread can be started, the caller does the work.
    pub(super) fn add(&'static self, work: Arc<dyn Work>) {
        let mut inner = self.lock();
        inner.ready.push_back(work);
        if inner.workers == MOST {
            return;
        }
        inner.workers += 1;
        drop(inner);
        let thread = thread::Builder::new().name("breaker-events".to_owned());
        if thread.spawn(|| self.work()).is_err() {
            self.work();
        }
    }

    /// Does work until none is ready.
    fn work(&self) {
        while let Some(work) = self.next() {
            if work.piece() {
                self.lock().ready.push_back(work);
            }
        }
    }

    /// Returns the next work, or `None` after counting this worker as ended.
    fn next(&self) -> Option<Arc<dyn Work>> {
        let mut inner = self.lock();
        let next = inner.ready.pop_front();
        if next.is_none() {
            inner.workers -= 1;
        }
        next
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No user code runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Reports each start of a piece, and finishes one for each message; it has this many pieces.
    struct Job {
        began: Sender<&'static str>,
        name: &'static str,
        go: Mutex<Receiver<()>>,
        pieces: Mutex<usize>,
    }

    impl Work for Job {
        fn piece(&self) -> bool {
            self.began.send(self.name).expect("the test holds the receiver");
            self.go.lock().expect("no panic").recv().expect("the test holds the sender");
            let mut pieces = self.pieces.lock().expect("no panic");
            *pieces -= 1;
            *pieces > 0
        }
    }

    fn job(name: &'static str, pieces: usize, began: &Sender<&'static str>) -> (Arc<Job>, Sender<()>) {
        let (say, go) = channel();
        let (go, pieces) = (Mutex::new(go), Mutex::new(pieces));
        (Arc::new(Job { began: began.clone(), name, go, pieces }), say)
    }

    /// Waits until all workers have ended.
    fn end(pool: &Pool) {
        while pool.lock().workers > 0 {
            thread::yield_now();
        }
    }

    #[test]
    fn eight_threads_at_most_and_none_when_nothing_is_ready() {
        static POOL: Pool = Pool::new();
        let (began, begins) = channel();
        let jobs: Vec<_> = (0..MOST + 2).map(|_| job("job", 1, &began)).collect();
        for (work, _) in &jobs {
            POOL.add(Arc::clone(work) as Arc<dyn Work>);
        }
        (0..MOST).for_each(|_| assert_eq!(begins.recv(), Ok("job")));
        {
            let inner = POOL.lock();
            assert_eq!((inner.workers, inner.ready.len()), (MOST, 2), "two jobs wait for a thread");
        }
        assert!(begins.try_recv().is_err());
        for (_, say) in &jobs {
            say.send(()).expect("it waits");
        }
        (0..2).for_each(|_| assert_eq!(begins.recv(), Ok("job")));
        end(&POOL);
        assert!(POOL.lock().ready.is_empty());
    }

    #[test]
    fn what_is_long_takes_turns_with_what_else_is_ready() {
        static POOL: Pool = Pool::new();
        let (began, begins) = channel();
        let (long, go_long) = job("long", 3, &began);
        let (short, go_short) = job("short", 1, &began);
        // As if all other workers were blocked.
        POOL.lock().workers = MOST - 1;
        POOL.add(long);
        assert_eq!(begins.recv(), Ok("long"));
        POOL.add(short);
        for _ in 0..3 {
            go_long.send(()).expect("it waits");
        }
        go_short.send(()).expect("it waits");
        let order: Vec<_> = (0..3).map(|_| begins.recv().expect("it begins")).collect();
        assert_eq!(order, ["short", "long", "long"]);
        while POOL.lock().workers == MOST {
            thread::yield_now();
        }
    }
}
