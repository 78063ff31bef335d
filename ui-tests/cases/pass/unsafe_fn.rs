use breaker_core::circuit_breaker;
use ui_tests::Down;

/// # Safety
/// `pointer` is valid.
#[circuit_breaker(service = "s")]
unsafe fn read(pointer: *const u32) -> Result<u32, Down> {
    // SAFETY: the caller promises that the pointer is valid.
    Ok(unsafe { *pointer })
}

fn main() {
    let value = 5;
    // SAFETY: the pointer points to a live value.
    assert_eq!(unsafe { read(&raw const value) }, Ok(5));
}
