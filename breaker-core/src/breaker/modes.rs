//! Changes of the mode: lasting modes, modes for a limited time, and isolations. `orders` decides which one is in
//! force.

use std::sync::{Arc, Weak};
use std::task::{Context, Wake};
use std::time::Duration;

use super::orders::{InForce, Ordered};
use super::{CircuitBreaker, Inner, changes};
use crate::clock::nanos;
use crate::engine::transition::Transitions;
use crate::event::{EventKind, Mode};
use crate::hub::{self, Work};
use crate::timer::Timer;

impl CircuitBreaker {
    /// Returns the mode in force: whether the circuit decides, or the decision is overridden.
    pub fn mode(&self) -> Mode {
        self.0.mode()
    }

    /// Overrides the circuit, or returns control to it, until the next call of this method or of
    /// [`set_mode_for`](Self::set_mode_for). Results of calls in flight become late. Setting the mode that is already
    /// set has no effect. While the circuit is [isolated](Self::isolate), the mode takes effect when the isolation
    /// ends.
    ///
    /// `ForcedClosed` closes the circuit. `ForcedOpen` keeps the state of the circuit, which returns to that state,
    /// with all probe permits free, when the mode ends.
    pub fn set_mode(&self, mode: Mode) {
        self.order(|ordered, _| ordered.set(mode));
    }

    /// Sets a mode for a limited time, after which the mode set with [`set_mode`](Self::set_mode) is in force again. A
    /// second call replaces the first.
    ///
    /// The mode ends by the breaker's clock, even without a call, within a few milliseconds. Calls that `ForcedOpen`
    /// would reject, and reads of state, mode and metrics, see the end immediately. Both changes cause events. With
    /// `Duration::MAX`, it behaves like [`set_mode`](Self::set_mode).
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Clock, Config, Mode};
    /// use std::time::Duration;
    ///
    /// let (clock, time) = Clock::manual();
    /// let search = CircuitBreaker::with_clock("search", Config::default(), clock);
    /// search.set_mode_for(Mode::ForcedOpen, Duration::from_secs(300));
    /// assert!(search.call(|| Ok::<_, String>("found")).is_err());
    /// time.advance(Duration::from_secs(300));
    /// assert_eq!(search.mode(), Mode::Automatic);
    /// ```
    pub fn set_mode_for(&self, mode: Mode, duration: Duration) {
        self.order(|ordered, now| ordered.set_until(mode, now.saturating_add(nanos(duration))));
        self.await_end();
    }

    /// Forces the circuit open until the guard is dropped, whatever mode is set. With several guards, it stays open
    /// until the last one is dropped, so that two operators don't undo each other's isolation. The first guard and the
    /// drop of the last one cause events. `reset`, `set_mode` and `reconfigure` don't end the isolation; a leaked guard
    /// (`std::mem::forget`) never ends it.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config, Mode};
    ///
    /// let ledger = CircuitBreaker::new("ledger", Config::default());
    /// let migration = ledger.isolate();
    /// ledger.set_mode(Mode::Automatic);
    /// assert_eq!(ledger.mode(), Mode::ForcedOpen);
    /// drop(migration);
    /// assert_eq!(ledger.mode(), Mode::Automatic);
    /// ```
    pub fn isolate(&self) -> IsolationGuard {
        self.order(|ordered, _| ordered.isolate());
        IsolationGuard(self.clone())
    }

    fn order(&self, order: impl FnOnce(&mut Ordered, u64)) {
        let now = self.0.clock.compared_now();
        // A mode that has ended already gets its own end time.
        self.0.end_mode(now);
        let change = self.0.orders.change(|ordered| {
            let before = ordered.in_force();
            order(ordered, now);
            self.0.put_in_force(before, ordered.in_force(), now)
        });
        self.0.tell_mode(change);
    }

    /// Starts a timer that ends the mode.
    fn await_end(&self) {
        while let Some(until) = self.0.orders.until() {
            let end = Arc::new(End { breaker: Arc::downgrade(&self.0), is_manual: self.0.clock.is_manual() });
            let mut timer = Box::pin(Timer::new(&self.0.clock, until));
            let waker = Arc::clone(&end).into();
            let is_over = timer.as_mut().poll(&self.0.clock, &mut Context::from_waker(&waker)).is_ready();
            // The timer of an earlier end is dropped here, outside of the lock.
            drop(self.0.orders.keep(timer));
            if is_over {
                self.0.end_mode(self.0.clock.compared_now());
            }
            // With two concurrent orders, the timer of the first may have replaced that of the second.
            if self.0.orders.until().is_none_or(|now| now == until) {
                return;
            }
        }
    }
}

/// Keeps a circuit open until it is dropped: see [`CircuitBreaker::isolate`].
#[derive(Debug)]
#[must_use = "the isolation ends when this is dropped"]
pub struct IsolationGuard(CircuitBreaker);

impl Drop for IsolationGuard {
    fn drop(&mut self) {
        self.0.order(|ordered, _| ordered.end_isolation());
    }
}

/// A possible change of the mode in force.
#[derive(Clone, Copy)]
struct ModeChange {
    /// The previous mode, and the sequence number of the change; `None` if nothing changed.
    from: Option<(Mode, u64)>,
    to: InForce,
    at: u64,
    transitions: Transitions,
}

impl Inner {
    fn mode(&self) -> Mode {
        self.end_mode(self.clock.compared_now());
        self.engine.mode()
    }

    /// Ends a mode for a limited time once that time is over. Call it outside of every lock, because listeners run.
    pub(super) fn end_mode(&self, now: u64) {
        if self.orders.may_be_over(now) {
            let end = |ordered: &mut Ordered| {
                let before = ordered.in_force();
                let at = ordered.expire(now)?;
                Some(self.put_in_force(before, ordered.in_force(), at))
            };
            if let Some(change) = self.orders.change(end) {
                self.tell_mode(change);
            }
        }
    }

    /// Whether the circuit is no longer forced open: for a call that found it so.
    #[cold]
    pub(super) fn has_left_forced_open(&self) -> bool {
        self.mode() != Mode::ForcedOpen
    }

    fn put_in_force(&self, before: InForce, to: InForce, at: u64) -> ModeChange {
        let (from, transitions) = self.engine.set_mode(to.mode, at);
        // A different end of the same mode, or an isolation with the same mode, is a change, too.
        let from = from.or_else(|| (before != to).then(|| (before.mode, self.engine.next_sequence())));
        ModeChange { from, to, at, transitions }
    }

    fn tell_mode(&self, change: ModeChange) {
        let ModeChange { from, to: InForce { mode: to, until, isolated }, at, transitions } = change;
        let until = until.map(Duration::from_nanos);
        let changed = from.map(|(from, sequence)| (sequence, at, EventKind::ModeChanged { from, to, until, isolated }));
        self.emit(changed.into_iter().chain(changes(&transitions)));
    }
}

/// The waker of the timer that ends a mode.
struct End {
    breaker: Weak<Inner>,
    /// Stored here, because reading it through `breaker` might drop the last handle, with its listeners, on the timer
    /// thread.
    is_manual: bool,
}

impl End {
    /// Ends the mode if its time is over, and keeps waiting otherwise.
    fn look(&self) {
        let Some(inner) = self.breaker.upgrade() else { return };
        let breaker = CircuitBreaker(inner);
        let now = breaker.0.clock.compared_now();
        if breaker.0.orders.may_be_over(now) {
            breaker.0.end_mode(now);
        } else {
            breaker.await_end();
        }
    }
}

impl Wake for End {
    fn wake(self: Arc<Self>) {
        if self.is_manual {
            // On the thread that moves the clock, so that the change is visible to the test right after the advance.
            self.look();
        } else {
            // Listeners must not block the timer thread.
            hub::run_on_worker(self);
        }
    }
}

impl Work for End {
    fn piece(&self) -> bool {
        self.look();
        false
    }
}
