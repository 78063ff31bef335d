//! An allocator that counts for each thread separately, so that tests may run in parallel.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static MADE: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

/// Returns the number of allocations that this thread has made.
pub(crate) fn made() -> u64 {
    MADE.get()
}

/// Returns the bytes that this thread has allocated, minus those that it has freed.
pub(crate) fn live() -> i64 {
    LIVE.get()
}

fn add(allocations: u64, bytes: i64) {
    // The thread-local cells of an ending thread are gone; its allocations are not counted.
    let _ = MADE.try_with(|made| made.set(made.get() + allocations));
    let _ = LIVE.try_with(|live| live.set(live.get() + bytes));
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).expect("no allocation is that large")
}

// SAFETY: each call is passed on unchanged to the system's allocator.
#[expect(unsafe_code, reason = "a global allocator is an unsafe trait")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(1, signed(layout.size()));
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(0, -signed(layout.size()));
        // SAFETY: the caller upholds the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
