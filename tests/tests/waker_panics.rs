//! Wakers of pending calls that panic when they are woken or dropped, on both clocks. All other calls are still woken,
//! and none fails.

use std::future::{Future, pending};
use std::panic::panic_any;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use breaker_core::{CallError, CircuitBreaker, Clock, Config, ManualClock};
use breaker_tests::bomb::Bomb;
use breaker_tests::{assert_identity, ms};

/// When the waker of a task panics.
#[derive(Clone, Copy, PartialEq)]
enum Panics {
    Never,
    Woken,
    Dropped,
}

struct Task(Panics, Arc<AtomicUsize>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        if self.0 == Panics::Woken {
            panic_any(Bomb(2));
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.0 == Panics::Dropped {
            panic_any(Bomb(1));
        }
    }
}

type Pending<'a> = Pin<Box<dyn Future<Output = Result<(), CallError<()>>> + 'a>>;

/// Starts a call that waits for its deadline. Its clock holds the only other clone of the waker. Returns the call and
/// the number of its wakeups, or `None` if the thread was held up until the deadline.
fn waiting(breaker: &CircuitBreaker, panics: Panics) -> Option<(Pending<'_>, Arc<AtomicUsize>)> {
    let woken = Arc::new(AtomicUsize::new(0));
    let mut call: Pending<'_> = Box::pin(breaker.call_async(pending()));
    let task = Waker::from(Arc::new(Task(panics, Arc::clone(&woken))));
    if call.as_mut().poll(&mut Context::from_waker(&task)).is_ready() {
        // This is the last handle, and dropping it would panic here.
        std::mem::forget(task);
        return None;
    }
    Some((call, woken))
}

/// Runs the test on the manual clock, and on the monotonic clock until a run is not delayed past its own deadlines.
fn on_both_clocks(test: impl Fn(&CircuitBreaker, Option<&ManualClock>) -> Option<()>) {
    let config = || Config::builder().failure_threshold(99).request_timeout(ms(20)).build().expect("valid");
    let (clock, time) = Clock::manual();
    test(&CircuitBreaker::with_clock("waker-panics", config(), clock), Some(&time))
        .expect("the manual clock stands still");
    while test(&CircuitBreaker::new("waker-panics", config()), None).is_none() {}
}

#[test]
fn a_waker_that_panics_keeps_no_other_call_asleep() {
    on_both_clocks(|breaker, time| {
        let kinds = [Panics::Never, Panics::Woken, Panics::Never, Panics::Woken, Panics::Never];
        let waiting: Option<Vec<_>> = kinds.into_iter().map(|panics| waiting(breaker, panics)).collect();
        let (mut calls, woken): (Vec<_>, Vec<_>) = waiting?.into_iter().unzip();
        if let Some(time) = time {
            time.advance(ms(20));
        }
        for woken in &woken {
            while woken.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
        }
        for call in &mut calls {
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        }
        assert_eq!(breaker.metrics().timeouts, 5);
        assert_identity(breaker);
        Some(())
    });
}

#[test]
fn a_waker_that_panics_when_it_is_dropped_fails_neither_the_next_poll_nor_the_drop_of_the_call() {
    on_both_clocks(|breaker, time| {
        let (mut moved, _) = waiting(breaker, Panics::Dropped)?;
        let (dropped, _) = waiting(breaker, Panics::Dropped)?;
        drop(dropped);
        if moved.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            assert!(time.is_none(), "to another task");
            return None;
        }
        let (ended, _) = waiting(breaker, Panics::Dropped)?;
        if let Some(time) = time {
            time.advance(ms(20));
        }
        for mut call in [moved, ended] {
            while call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                std::thread::yield_now();
            }
        }
        let m = breaker.metrics();
        assert_eq!((m.timeouts, m.abandoned, m.in_flight), (2, 1, 0));
        Some(())
    });
}
