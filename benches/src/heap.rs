//! The heap memory of a breaker. Calls allocate nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config};

use crate::subjects::{Purpose, attribute, ours};
use crate::work::{Stream, TenthFails};

/// The system's allocator, with counting switched on only for this measurement: otherwise peers that allocate would be
/// slower in the other figures.
struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicIsize = AtomicIsize::new(0);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: each call is passed on unchanged to the system's allocator.
#[expect(unsafe_code, reason = "a global allocator is an unsafe trait")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Ordering::Relaxed) {
            LIVE.fetch_add(layout.size().cast_signed(), Ordering::Relaxed);
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if ON.load(Ordering::Relaxed) {
            LIVE.fetch_sub(layout.size().cast_signed(), Ordering::Relaxed);
        }
        // SAFETY: the caller upholds the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The results.
pub(crate) struct Heap {
    /// Bytes of a breaker with defaults after calls from one thread.
    pub(crate) one_thread: isize,
    pub(crate) two_threads: isize,
    /// For each number of calls: by how many bytes the heap is larger after them than before the first one.
    pub(crate) after_calls: [(u64, isize); 2],
    /// Allocations during 1,000 calls of each annotated function.
    pub(crate) of_annotated: usize,
    /// Bytes that the attribute adds to a future.
    pub(crate) in_the_future: usize,
}

/// Measures the heap of the whole process, so nothing else may run meanwhile.
pub(crate) fn measure() -> Heap {
    // One-time allocations of the process and of threads are not counted.
    attribute::call_annotated(10);
    ON.store(true, Ordering::SeqCst);
    let before = ALLOCATIONS.load(Ordering::SeqCst);
    attribute::call_annotated(1_000);
    let of_annotated = ALLOCATIONS.load(Ordering::SeqCst) - before;
    let heap = Heap {
        one_thread: bytes_per_breaker(1),
        two_threads: bytes_per_breaker(2),
        after_calls: after_calls([100_000, 10_000_000]),
        of_annotated,
        in_the_future: attribute::added_to_the_future(),
    };
    ON.store(false, Ordering::SeqCst);
    heap
}

fn live() -> isize {
    LIVE.load(Ordering::SeqCst)
}

/// Returns the bytes per breaker after each of `threads` threads has called each breaker.
fn bytes_per_breaker(threads: usize) -> isize {
    const BREAKERS: isize = 50;
    drop(CircuitBreaker::new("heap", Config::default()));
    let before = live();
    let breakers: Vec<_> = (0..BREAKERS).map(|_| CircuitBreaker::new("heap", Config::default())).collect();
    let (ready, done) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    thread::scope(|scope| {
        let unstarted = live();
        for _ in 0..threads {
            scope.spawn(|| {
                ready.wait();
                for breaker in breakers.iter().cycle().take(10 * breakers.len()) {
                    let _ = breaker.call(|| TenthFails::work(1));
                }
                done.wait();
                // All threads live until the count is over, so that each has a stripe of its own.
                ready.wait();
            });
        }
        let of_threads = live() - unstarted;
        ready.wait();
        done.wait();
        let bytes = (live() - before - of_threads) / BREAKERS;
        ready.wait();
        bytes
    })
}

/// Returns by how much the heap has grown after this many calls through one breaker that records everything.
fn after_calls(calls: [u64; 2]) -> [(u64, isize); 2] {
    // Threads of an earlier measurement may still be ending.
    thread::sleep(Duration::from_millis(100));
    let breaker = CircuitBreaker::new("heap", ours::timed(Purpose::Closed));
    let before = live();
    let mut made = 0;
    calls.map(|calls| {
        for n in made + 1..=calls {
            let _ = breaker.call(|| TenthFails::work(n));
        }
        made = calls;
        (calls, live() - before)
    })
}
