//! A panic payload that panics when it is dropped.

use std::panic::panic_any;

/// Panics when it is dropped, with a payload that does the same; `self.0` is the number of panics left.
#[derive(Debug)]
pub struct Bomb(pub u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if let Some(left) = self.0.checked_sub(1) {
            panic_any(Self(left));
        }
    }
}
