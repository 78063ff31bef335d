//! The threads that make the calls. They live for the whole run, so that starting them is not measured.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::subjects::Subject;
use crate::work::Tally;

struct Job {
    subject: Arc<dyn Subject>,
    calls: u64,
    release: Arc<Barrier>,
}

struct Done {
    start: Instant,
    end: Instant,
    tally: Tally,
}

/// A fixed number of threads, which can be released together.
pub(crate) struct Pool {
    jobs: Vec<Sender<Job>>,
    done: Receiver<Done>,
}

impl Pool {
    pub(crate) fn new(threads: usize) -> Self {
        let (tell, done) = channel();
        let start = |_| {
            let (job, jobs) = channel();
            let tell = tell.clone();
            thread::spawn(move || work(&jobs, &tell));
            job
        };
        Self { jobs: (0..threads).map(start).collect(), done }
    }

    /// Lets `threads` threads make `calls` calls each. Returns the wall time from the first start to the last end, and
    /// how the calls of each thread ended.
    pub(crate) fn run(&self, subject: &Arc<dyn Subject>, threads: usize, calls: u64) -> (Duration, Vec<Tally>) {
        let release = Arc::new(Barrier::new(threads));
        for worker in &self.jobs[..threads] {
            let job = Job { subject: Arc::clone(subject), calls, release: Arc::clone(&release) };
            worker.send(job).expect("a worker lives as long as the pool");
        }
        let done: Vec<Done> = self.done.iter().take(threads).collect();
        let first = done.iter().map(|done| done.start).min().expect("at least one thread");
        let last = done.iter().map(|done| done.end).max().expect("at least one thread");
        (last - first, done.into_iter().map(|done| done.tally).collect())
    }
}

fn work(jobs: &Receiver<Job>, tell: &Sender<Done>) {
    for Job { subject, calls, release } in jobs {
        release.wait();
        let start = Instant::now();
        let tally = subject.run(calls);
        let end = Instant::now();
        drop(subject);
        if tell.send(Done { start, end, tally }).is_err() {
            return;
        }
    }
}
