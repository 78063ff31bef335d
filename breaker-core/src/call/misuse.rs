//! Misuse of futures.

#[cold]
pub(super) fn polled_after_its_end() -> ! {
    panic!("call polled after completion")
}
