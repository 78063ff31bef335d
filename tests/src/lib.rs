//! Shared by the tests: a breaker on a manual clock, and calls written as letters.

pub mod bomb;
pub mod checked;
#[cfg(doctest)]
mod documents;
pub mod lines;
pub mod model;
pub mod slow;

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use breaker_core::{
    CallError, Cause, CircuitBreaker, CircuitBreakerError, Clock, Config, ConfigError, Event, EventKind, ManualClock,
    Outcome, Registry, RejectionReason, State,
};

/// The error that a failing call of a test returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down;

/// A breaker, its clock, and all events that it has emitted.
#[derive(Debug)]
pub struct Rig {
    /// The breaker under test.
    pub breaker: CircuitBreaker,
    /// Controls its clock.
    pub time: ManualClock,
    events: Arc<Mutex<Vec<Event>>>,
}

/// Seconds, including fractions.
#[must_use]
pub fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Milliseconds.
#[must_use]
pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Returns a breaker on a manual clock that starts at zero.
///
/// # Panics
/// If the configuration is rejected.
#[must_use]
pub fn rig(config: Result<Config, ConfigError>) -> Rig {
    let (clock, time) = Clock::manual();
    let config = config.expect("the test's configuration is valid");
    listening(CircuitBreaker::with_clock("svc", config, clock), time)
}

/// Like [`rig`], but the breaker belongs to a registry.
#[must_use]
pub fn rig_in_registry(config: Config) -> (Registry, Rig) {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let breaker = registry.get_or_create("svc", config);
    (registry, listening(breaker, time))
}

fn listening(breaker: CircuitBreaker, time: ManualClock) -> Rig {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    breaker.on_event(move |event| sink.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone()));
    Rig { breaker, time, events }
}

impl Rig {
    /// Calls the breaker once for each letter: `S` must be admitted and succeeds, `F` must be admitted and fails,
    /// `I` must be admitted and is ignored, `X` must be rejected. Blanks are skipped.
    ///
    /// # Panics
    /// If a call is rejected that should be admitted, or the other way round, or if a letter is unknown.
    #[track_caller]
    pub fn calls(&self, letters: &str) {
        for (index, letter) in letters.chars().filter(|c| !c.is_whitespace()).enumerate() {
            let admitted = self.call(letter, Duration::ZERO);
            assert_eq!(admitted, letter != 'X', "call {index} ({letter}) of {letters}, {:?}", self.breaker.state());
        }
    }

    /// Makes one call that takes `duration` and ends as `letter` says. Returns whether it was admitted.
    ///
    /// # Panics
    /// If the letter is unknown, or the breaker returns a result other than the call's.
    #[track_caller]
    pub fn call(&self, letter: char, duration: Duration) -> bool {
        let (result, outcome) = match letter {
            'S' | 'X' => (Ok(()), Outcome::Success),
            'F' => (Err(Down), Outcome::Failure),
            'I' => (Err(Down), Outcome::Ignore),
            other => panic!("no such letter: {other}"),
        };
        let body = || {
            self.time.advance(duration);
            result
        };
        match self.breaker.call_classified(body, |_| outcome) {
            Ok(()) | Err(CallError::Inner(Down)) => true,
            Err(CallError::Breaker(CircuitBreakerError::Rejected(_))) => false,
            Err(CallError::Breaker(other)) => panic!("unexpected {other:?}"),
        }
    }

    /// Advances the clock.
    pub fn wait(&self, seconds: f64) {
        self.time.advance(s(seconds));
    }

    /// Returns the effective state.
    #[must_use]
    pub fn state(&self) -> State {
        self.breaker.state()
    }

    /// Waits until the rig has received every event of the history. Events that occur while its listener is busy are
    /// delivered on another thread.
    pub fn hear_all(&self) {
        while !self.events().ends_with(&self.breaker.history()) {
            std::thread::yield_now();
        }
    }

    /// Returns all events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns all transitions so far.
    #[must_use]
    pub fn transitions(&self) -> Vec<(State, State)> {
        self.events().iter().filter_map(transition).collect()
    }

    /// Returns the cause of the last transition.
    #[must_use]
    pub fn last_cause(&self) -> Option<Cause> {
        self.events().into_iter().rev().find_map(|event| match event.kind {
            EventKind::Transition { cause, .. } => Some(cause),
            _ => None,
        })
    }

    /// Counts the transitions from one state to another.
    #[must_use]
    pub fn count(&self, from: State, to: State) -> usize {
        self.transitions().into_iter().filter(|step| *step == (from, to)).count()
    }

    /// Returns the reason why a call is rejected now.
    ///
    /// # Panics
    /// If the call is admitted.
    #[track_caller]
    #[must_use]
    pub fn rejection_reason(&self) -> RejectionReason {
        self.breaker.try_acquire().expect_err("the call must be rejected").reason
    }

    /// Checks that `requests` is the sum of the ended calls, the rejections and the calls in flight.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn assert_identity(&self) {
        assert_identity(&self.breaker);
    }
}

/// Checks that `requests` is the sum of the ended calls, the rejections and the calls in flight.
///
/// # Panics
/// If it is not.
#[track_caller]
pub fn assert_identity(breaker: &CircuitBreaker) {
    let m = breaker.metrics();
    let ended = m.successes + m.failures + m.ignored + m.abandoned + m.rejections;
    assert_eq!(m.requests, ended + m.in_flight, "{m:?}");
    assert!(m.timeouts <= m.failures, "{m:?}");
    let reasons = m.rejections_by_reason;
    assert_eq!(m.rejections, reasons.open + reasons.half_open + reasons.forced_open, "{m:?}");
}

/// Returns the states of a transition event, `None` for other events.
#[must_use]
pub fn transition(event: &Event) -> Option<(State, State)> {
    match event.kind {
        EventKind::Transition { from, to, .. } => Some((from, to)),
        _ => None,
    }
}

/// Lets each task of this thread's runtime run until it waits.
pub async fn settle() {
    for _ in 0..30 {
        tokio::task::yield_now().await;
    }
}

/// Advances the clock and lets each task notice it.
pub async fn pass(time: &ManualClock, seconds: f64) {
    time.advance(s(seconds));
    settle().await;
}

/// Polls a future once.
pub fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs a future that needs no wakeups: it is polled in a loop.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        std::thread::yield_now();
    }
}
