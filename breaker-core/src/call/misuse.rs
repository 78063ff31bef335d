//! What no executor does to a call.

#[cold]
pub(super) fn polled_after_its_end() -> ! {
    panic!("a call was polled after it had ended")
}
