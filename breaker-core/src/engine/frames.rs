//! Frames: what the current thread is running that affects its calls: a probe, a health check, or code that bypasses
//! breakers.
//!
//! A thread in a frame hides its slot, so that its calls, also those of other breakers, don't take the short paths.
//! Calls of threads in no frame pay nothing for this, because they look for their slot anyway.
//!
//! A future is in its frame only while it is polled. So one thread pushes and pops a frame, and the frame's breaker
//! lives as long as the frame.

use std::cell::{Cell, RefCell};
use std::ptr;

use super::memory::Engine;
use super::slot::Slot;
use crate::sync::per_thread;

/// One reason why calls of the current thread are exempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Null for all engines.
    engine: *const Engine,
    /// Generation of a probe's half-open circuit; otherwise a value that no circuit has.
    generation: u64,
}

const ANY_GENERATION: u64 = u64::MAX;

impl Frame {
    /// The frame of code that bypasses all breakers.
    pub(crate) const BYPASS: Self = Self { engine: ptr::null(), generation: ANY_GENERATION };

    /// Returns the frame of a probe of the half-open circuit of this generation.
    pub(super) fn probe(engine: &Engine, generation: u64) -> Self {
        Self { engine, generation }
    }

    /// Returns the frame of a health check of this engine's service.
    #[cfg(feature = "tokio")]
    pub(crate) fn check(engine: &Engine) -> Self {
        Self { engine, generation: ANY_GENERATION }
    }

    /// Pushes the frame. Returns false if that fails because the thread is ending; then calls made inside it are
    /// ordinary calls.
    pub(super) fn enter(self) -> bool {
        let entered = HERE.with(|here| here.put(self));
        if entered {
            Slot::set_hidden(true);
        }
        entered
    }

    /// Pops the frame. Equal frames are interchangeable.
    pub(super) fn leave(self) {
        if HERE.with(|here| here.take(self)) {
            Slot::set_hidden(false);
        }
    }

    /// Pushes the frame until the guard is dropped, on this thread.
    pub(crate) fn guard(self) -> Guard {
        Guard(self.enter().then_some(self))
    }
}

/// Keeps the current thread in a frame.
#[must_use = "the frame is left when this is dropped"]
pub(crate) struct Guard(Option<Frame>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(frame) = self.0.take() {
            frame.leave();
        }
    }
}

/// Whether the current thread is in a frame that exempts calls of this engine: they need no admission and are not
/// counted. `is_live` returns whether the circuit is still half-open in this generation.
pub(super) fn exempt(engine: &Engine, is_live: impl Fn(u64) -> bool) -> bool {
    let exempts = |frame: Frame| {
        frame == Frame::BYPASS
            || ptr::eq(frame.engine, engine) && (frame.generation == ANY_GENERATION || is_live(frame.generation))
    };
    HERE.with(|here| here.any(exempts))
}

/// Frames that fit without allocating.
const AT_ONCE: usize = 8;

/// The frames of a thread, in no particular order.
struct Here {
    places: [Cell<Frame>; AT_ONCE],
    /// Number of used places.
    used: Cell<usize>,
    spilled: Cell<usize>,
}

impl Here {
    fn used(&self) -> &[Cell<Frame>] {
        &self.places[..self.used.get().min(AT_ONCE)]
    }

    fn put(&self, frame: Frame) -> bool {
        let used = self.used.get();
        match self.places.get(used) {
            Some(place) => {
                place.set(frame);
                self.used.set(used + 1);
                true
            }
            None => self.spill(frame),
        }
    }

    /// Pops a frame. Returns whether none is left.
    fn take(&self, frame: Frame) -> bool {
        let last = self.used.get().wrapping_sub(1);
        match self.places.get(last) {
            Some(place) if place.get() == frame => self.used.set(last),
            _ => self.take_out_of_turn(frame),
        }
        self.used.get() == 0 && self.spilled.get() == 0
    }

    #[cold]
    fn take_out_of_turn(&self, frame: Frame) {
        let used = self.used();
        match used.iter().position(|place| place.get() == frame) {
            Some(place) => {
                used[place].swap(&used[used.len() - 1]);
                self.used.set(used.len() - 1);
            }
            None => self.take_spilled(frame),
        }
    }

    fn any(&self, is: impl Fn(Frame) -> bool) -> bool {
        let is_spilled = || SPILL.try_with(|spill| spill.borrow().iter().any(|frame| is(*frame))).unwrap_or(false);
        self.used().iter().any(|place| is(place.get())) || (self.spilled.get() > 0 && is_spilled())
    }

    #[cold]
    fn spill(&self, frame: Frame) -> bool {
        let spilled = SPILL.try_with(|spill| spill.borrow_mut().push(frame)).is_ok();
        self.spilled.set(self.spilled.get() + usize::from(spilled));
        spilled
    }

    fn take_spilled(&self, frame: Frame) {
        let taken = SPILL.try_with(|spill| {
            let mut spill = spill.borrow_mut();
            let place = spill.iter().rposition(|other| *other == frame)?;
            Some(spill.swap_remove(place))
        });
        // If the list was dropped with its thread, so was the frame.
        if !matches!(taken, Ok(None)) {
            self.spilled.set(self.spilled.get().saturating_sub(1));
        }
    }
}

per_thread! {
    // Separate from the list: without a destructor, it is available as long as the thread runs.
    static HERE: Here = const {
        Here { places: [const { Cell::new(Frame::BYPASS) }; AT_ONCE], used: Cell::new(0), spilled: Cell::new(0) }
    };
    static SPILL: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::limits::tests::NONE;

    fn engine() -> Engine {
        Engine::new(0, NONE, 0)
    }

    #[test]
    fn frames_are_found_and_left_in_any_order_beyond_those_that_need_no_memory() {
        let engines: Vec<_> = (0..3 * AT_ONCE).map(|_| engine()).collect();
        let all = || engines.iter().map(|engine| Frame::probe(engine, 1));
        let is_in = |engine| exempt(engine, |generation| generation == 1);
        assert!(all().all(Frame::enter) && engines.iter().all(is_in) && Slot::is_hidden());
        assert!(!exempt(&engines[0], |generation| generation == 2));
        // Leaves every second frame, then the others.
        all().step_by(2).for_each(Frame::leave);
        assert!(
            engines.iter().enumerate().all(|(index, engine)| is_in(engine) == (index % 2 == 1)) && Slot::is_hidden()
        );
        all().skip(1).step_by(2).for_each(Frame::leave);
        assert!(!engines.iter().any(is_in) && !Slot::is_hidden());
    }

    #[test]
    fn equal_frames_are_as_many_as_were_entered() {
        let engine = engine();
        let guards: Vec<_> = (0..2 * AT_ONCE).map(|_| Frame::BYPASS.guard()).collect();
        for guard in guards {
            assert!(exempt(&engine, |_| false));
            drop(guard);
        }
        assert!(!exempt(&engine, |_| true) && !Slot::is_hidden());
    }

    #[test]
    fn frames_are_there_while_a_thread_ends() {
        struct Last(std::sync::mpsc::Sender<bool>);
        impl Drop for Last {
            fn drop(&mut self) {
                let guards: Vec<_> = (0..2 * AT_ONCE).map(|_| Frame::BYPASS.guard()).collect();
                let exempted = exempt(&engine(), |_| false);
                drop(guards);
                let _ = self.0.send(exempted && !Slot::is_hidden());
            }
        }
        thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
        let (sender, seen) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            LAST.with(|last| *last.borrow_mut() = Some(Last(sender)));
            // Initialized after `LAST`, so destroyed before it.
            drop((0..2 * AT_ONCE).map(|_| Frame::BYPASS.guard()).collect::<Vec<_>>());
        })
        .join()
        .expect("the thread ends");
        assert_eq!(seen.recv(), Ok(true));
    }
}
