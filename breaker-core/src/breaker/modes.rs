//! Who decides: modes that stay, that hold for a time, and isolations. See `orders` for which is in force.

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
    /// Who decides: the circuit, or you.
    pub fn mode(&self) -> Mode {
        self.end_mode(self.0.clock.compared_now());
        self.0.engine.mode()
    }

    /// Takes the decision over, or gives it back to the circuit, until another call of this or of
    /// [`set_mode_for`](Self::set_mode_for). Calls in flight are late from then on. Setting the mode that is set already
    /// does nothing. While the circuit is [isolated](Self::isolate), the mode takes effect at the end of that.
    ///
    /// `ForcedClosed` closes a circuit that isn't. `ForcedOpen` keeps the state underneath, and returns to it with
    /// fresh probe permits.
    pub fn set_mode(&self, mode: Mode) {
        self.order(|ordered, _| ordered.set(mode));
    }

    /// The same for a time, after which the mode returns to the one that was set with [`set_mode`](Self::set_mode). A
    /// second call takes the place of the first.
    ///
    /// It ends by the breaker's clock, without a call, within a few milliseconds. Calls that `ForcedOpen` would reject, and
    /// readings of state, mode and metrics, find it ended at once. Both changes are events. With `Duration::MAX` it is as
    /// [`set_mode`](Self::set_mode).
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

    /// Forces the circuit open while the guard lives, whatever mode is set. With several guards it is open until the last
    /// one is dropped: of two operators, none undoes what the other one did. The first guard and the end of the last are
    /// events. `reset`, `set_mode` and `reconfigure` don't end it; a guard that is leaked (`std::mem::forget`) holds for good.
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
        // What has ended before is dated before.
        self.end_mode(now);
        let change = self.0.orders.change(|ordered| {
            let before = ordered.in_force();
            order(ordered, now);
            self.0.put_in_force(before, ordered.in_force(), now)
        });
        self.0.tell_mode(change);
    }

    /// Ends a mode for a time whose time is over. To be called outside of every lock: listeners run.
    pub(super) fn end_mode(&self, now: u64) {
        if self.0.orders.may_be_over(now) {
            let end = |ordered: &mut Ordered| {
                let before = ordered.in_force();
                let at = ordered.expire(now)?;
                Some(self.0.put_in_force(before, ordered.in_force(), at))
            };
            if let Some(change) = self.0.orders.change(end) {
                self.0.tell_mode(change);
            }
        }
    }

    /// For a call that has found the circuit forced open.
    #[cold]
    pub(super) fn has_left_forced_open(&self) -> bool {
        self.mode() != Mode::ForcedOpen
    }

    /// Has the mode end by itself.
    fn await_end(&self) {
        while let Some(until) = self.0.orders.until() {
            let end = Arc::new(End { breaker: Arc::downgrade(&self.0), is_manual: self.0.clock.is_manual() });
            let mut timer = Box::pin(Timer::new(&self.0.clock, until));
            let waker = Arc::clone(&end).into();
            let is_over = timer.as_mut().poll(&self.0.clock, &mut Context::from_waker(&waker)).is_ready();
            // What waited for an earlier end is dropped here, outside of the lock.
            drop(self.0.orders.keep(timer));
            if is_over {
                self.end_mode(self.0.clock.compared_now());
            }
            // Of two orders at once, the timer of the first may have come after that of the second.
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

/// What is in force has changed, perhaps.
#[derive(Clone, Copy)]
struct ModeChange {
    /// The mode before, and the change's place in history.
    from: Option<(Mode, u64)>,
    to: InForce,
    at: u64,
    transitions: Transitions,
}

impl Inner {
    fn put_in_force(&self, before: InForce, to: InForce, at: u64) -> ModeChange {
        let (from, transitions) = self.engine.set_mode(to.mode, at);
        // Another end of the same mode, or an isolation above it, is a change, too.
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

/// The end of a mode for a time, as a timer sees it: something to wake.
struct End {
    breaker: Weak<Inner>,
    /// Beside it: to look it up might drop the last handle, with its listeners, on the thread that wakes everybody.
    is_manual: bool,
}

impl End {
    /// Ends the mode if its time is over, and waits on otherwise.
    fn look(&self) {
        let Some(inner) = self.breaker.upgrade() else { return };
        let breaker = CircuitBreaker(inner);
        let now = breaker.0.clock.compared_now();
        if breaker.0.orders.may_be_over(now) {
            breaker.end_mode(now);
        } else {
            breaker.await_end();
        }
    }
}

impl Wake for End {
    fn wake(self: Arc<Self>) {
        if self.is_manual {
            // On the thread that moves the clock: a test finds done what time has done.
            self.look();
        } else {
            // Listeners must not hold up the thread that wakes everybody.
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
