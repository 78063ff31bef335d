//! A breaker on a manual clock, and the services of the tests.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ConfigBuilder, ManualClock, Mode, State};
use tower::Service;

pub(crate) const OPEN: Duration = Duration::from_secs(30);

pub(crate) struct Rig {
    pub(crate) breaker: CircuitBreaker,
    pub(crate) time: ManualClock,
}

/// A breaker that opens at its first failure, and closes at its first success.
pub(crate) fn rig() -> Rig {
    with(&tripping())
}

pub(crate) fn tripping() -> ConfigBuilder {
    Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(OPEN)
}

pub(crate) fn with(config: &ConfigBuilder) -> Rig {
    let (clock, time) = Clock::manual();
    Rig { breaker: CircuitBreaker::with_clock("svc", config.build().expect("valid"), clock), time }
}

impl Rig {
    pub(crate) fn open(&self) {
        let _ = self.breaker.call(|| Err::<(), _>("down"));
        assert_eq!(self.breaker.state(), State::Open);
    }

    pub(crate) fn force_open(&self) {
        self.breaker.set_mode(Mode::ForcedOpen);
    }

    /// Successes, failures, timeouts, ignored and abandoned calls, rejections, calls in flight.
    pub(crate) fn counts(&self) -> [u64; 7] {
        let m = self.breaker.metrics();
        let ended = m.successes + m.failures + m.ignored + m.abandoned + m.rejections;
        assert_eq!(m.requests, ended + m.in_flight, "{m:?}");
        [m.successes, m.failures, m.timeouts, m.ignored, m.abandoned, m.rejections, m.in_flight]
    }
}

/// How often a service was asked and called, over all of its clones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses(Arc<[AtomicU32; 2]>);

impl Uses {
    /// How often `poll_ready` was called, and how often `call`.
    pub(crate) fn counts(&self) -> [u32; 2] {
        [self.0[0].load(Ordering::Relaxed), self.0[1].load(Ordering::Relaxed)]
    }

    fn count(&self, which: usize) {
        self.0[which].fetch_add(1, Ordering::Relaxed);
    }
}

/// What a service does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    Pending,
    Broken,
}

/// A service that panics when it is called without having been ready. A request is its result.
#[derive(Debug)]
pub(crate) struct Strict {
    readiness: Readiness,
    is_ready: bool,
    pub(crate) uses: Uses,
}

impl Strict {
    pub(crate) fn new(readiness: Readiness) -> Self {
        Self { readiness, is_ready: false, uses: Uses::default() }
    }
}

/// Like a clone of a semaphore's permit: the clone isn't ready.
impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { readiness: self.readiness, is_ready: false, uses: self.uses.clone() }
    }
}

pub(crate) type Answer = Result<u32, &'static str>;

impl Service<Answer> for Strict {
    type Response = u32;
    type Error = &'static str;
    type Future = Ready<Answer>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.uses.count(0);
        match self.readiness {
            Readiness::Pending => return Poll::Pending,
            Readiness::Broken => return Poll::Ready(Err("broken for good")),
            Readiness::Ready => self.is_ready = true,
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, answer: Answer) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called unready");
        self.uses.count(1);
        ready(answer)
    }
}
