//! Panics of code that isn't ours (listeners, wakers, log subscribers, and their drops): they end here. The panic hook has
//! reported them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Panics in a row that are caught when a payload is dropped.
const PAYLOADS: u32 = 8;

/// Runs code that may panic; `None` if it did. What the code leaves half-done is its own: nothing of ours is borrowed.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => Some(value),
        Err(payload) => {
            discard(payload);
            None
        }
    }
}

/// Drops a value of others.
pub(crate) fn release<T>(value: T) {
    caught(|| drop(value));
}

/// Wakes a task.
pub(crate) fn wake(waker: Waker) {
    caught(|| waker.wake());
}

/// Drops the payload of a panic. Its drop may panic, with a payload whose drop may panic.
pub(crate) fn discard(mut payload: Box<dyn Any + Send>) {
    for _ in 0..PAYLOADS {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    // It panics whenever it is dropped, so it never is.
    std::mem::forget(payload);
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    /// Panics when it is dropped, with a payload that does the same so many times more.
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

    /// Panics whenever it is dropped.
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
