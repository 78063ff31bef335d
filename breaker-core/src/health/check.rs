//! Health checks: one task per service, which runs the check at its interval and lets the result drive the circuit.

use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use super::finding::Finding;
use super::results::{Run, Sheet};
use crate::breaker::CircuitBreaker;
use crate::clock::nanos;
use crate::engine::host::Host;
use crate::error::Human;
use crate::log;
use crate::timer::{Timer, wait};
use crate::unwind::discard;

/// The state of a health check's task.
pub(crate) struct Runner<C> {
    pub(crate) breaker: CircuitBreaker,
    pub(crate) check: Arc<C>,
    pub(crate) results: Sheet,
}

impl<C, F, E> Runner<C>
where
    C: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// Runs until it is aborted. The first check starts immediately, so that reports have a result soon.
    pub(crate) async fn run(self) {
        let mut events = self.breaker.subscribe();
        // Holds at most one check; dropped, and thus aborted, with this task.
        let mut running = JoinSet::new();
        let (mut last, mut epoch) = (None, None);
        loop {
            let now_in = self.breaker.check_epoch();
            // Results from before checks were disabled don't count as consecutive with new ones.
            if std::mem::replace(&mut epoch, now_in) != now_in {
                self.results.clear();
            }
            let Some(epoch) = epoch else {
                wait::reconfigured(&mut events).await;
                continue;
            };
            let config = self.breaker.config();
            let due = last.map_or(0, |last: u64| last.saturating_add(jittered(config.health_check_interval())));
            if !wait::moment(self.breaker.clock(), due, &mut events).await {
                continue;
            }
            let start = self.breaker.clock().now();
            last = Some(start);
            let finding = self.ask(&mut running, config.health_check_timeout()).await;
            // If checks were disabled meanwhile, the result has no effect.
            if self.breaker.check_epoch() == Some(epoch) {
                self.conclude(epoch, start, finding);
            }
        }
    }

    /// Runs one check. A check fails if it panics, takes too long, or can't start because the previous one blocks its
    /// thread.
    async fn ask(&self, running: &mut JoinSet<Finding>, timeout: Duration) -> Finding {
        while let Some(ended) = running.try_join_next() {
            // A late result is ignored, but the payload of a panic has to be dropped with care.
            let _ = ended.map_err(panicked);
        }
        if !running.is_empty() {
            return Finding::Failure("the previous check is still blocking its thread".to_owned());
        }
        let check = Arc::clone(&self.check);
        // Calls of this breaker in the check must not be rejected (C3).
        running.spawn(self.breaker.in_check(async move { Finding::of(check().await) }));
        let clock = self.breaker.clock();
        let mut timer = pin!(Timer::new(clock, clock.now().saturating_add(nanos(timeout))));
        let ended = poll_fn(|cx| match running.poll_join_next(cx) {
            Poll::Ready(Some(ended)) => Poll::Ready(Some(ended)),
            _ => timer.as_mut().poll(clock, cx).map(|()| None),
        });
        match ended.await {
            Some(Ok(finding)) => finding,
            Some(Err(error)) => Finding::Failure(panicked(error)),
            None => {
                running.abort_all();
                Finding::Failure(format!("no answer within {}", Human(timeout)))
            }
        }
    }

    fn conclude(&self, epoch: u64, start: u64, finding: Finding) {
        let service = self.breaker.service();
        let took = Duration::from_nanos(self.breaker.clock().now().saturating_sub(start));
        let was_failing = self.results.is_failing();
        match &finding {
            Finding::Success => log::health_check_succeeded(service, took, was_failing),
            Finding::Failure(error) => log::health_check_failed(service, took, error, was_failing),
            Finding::Rejected(error) => log::health_check_rejected(service, took, error),
        }
        let decide = |run| match run {
            Run::Successes(in_a_row) => self.breaker.health_check_succeeded(in_a_row),
            Run::Failures(in_a_row) => self.breaker.health_check_failed(in_a_row),
        };
        let enter = || self.results.enter(start, took, finding, decide);
        if let Some(transitions) = self.breaker.in_check_epoch(epoch, enter).flatten() {
            self.breaker.host().tell(transitions);
        }
    }
}

fn panicked(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "the check was aborted".to_owned() };
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    discard(panic);
    format!("the check panicked: {text}")
}

/// Shortens the interval by up to a tenth, so that processes started together don't run their checks together.
fn jittered(interval: Duration) -> u64 {
    use std::hash::{BuildHasher, RandomState};

    let tenth = nanos(interval) / 10;
    let off = RandomState::new().hash_one(tenth) % tenth.saturating_add(1);
    nanos(interval) - off
}
