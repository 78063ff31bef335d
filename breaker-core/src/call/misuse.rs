//! Misuse of futures.

#[cold]
pub(super) fn polled_after_its_end() -> ! {
    panic!("a call was polled after it had ended")
}
