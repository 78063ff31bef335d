//! Catches panics of user code (listeners, wakers, log subscribers, and their drops). The panic hook has already
//! reported them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// How many panics in a row are caught while a payload is dropped.
const PAYLOADS: u32 = 8;

/// Runs code that may panic; `None` if it did. State that the code leaves inconsistent is its own: it borrows none of
/// ours.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => Some(value),
        Err(payload) => {
            discard(payload);
            None
        }
    }
}

/// Drops a value whose drop is user code.
pub(crate) fn release<T>(value: T) {
    caught(|| drop(value));
}

/// Wakes a task, whose waker is user code.
pub(crate) fn wake(waker: Waker) {
    caught(|| waker.wake());
}

/// Drops the payload of a panic. Its drop may panic too, with another payload.
pub(crate) fn discard(mut payload: Box<dyn Any + Send>) {
    for _ in 0..PAYLOADS {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    // Its drops keep panicking, so leak it.
    std::mem::forget(payload);
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    /// Panics when it is dropped, with a payload that does the same, this many times more.
    struct Bomb(u32);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if let Some(left) = self.0.checked_sub(1) {
                panic_any(Bomb(left));
            }
        }
    }

    #[test]
    fn what_does_not_panic_gives_its_value() {
        assert_eq!(caught(|| 42), Some(42));
    }

    #[test]
    fn a_payload_whose_drop_panics_is_caught() {
        for depth in [0, 1, 2, PAYLOADS - 1] {
            assert_eq!(caught(|| panic_any(Bomb(depth))), None::<()>);
        }
    }

    /// Panics at every drop.
    struct Endless;

    impl Drop for Endless {
        fn drop(&mut self) {
            panic_any(Endless);
        }
    }

    #[test]
    fn a_payload_that_never_ends_is_left_alone() {
        assert_eq!(caught(|| panic_any(Endless)), None::<()>);
    }
}
