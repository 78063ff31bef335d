//! Memory of a breaker: at most 16 KiB with defaults on 2 threads, at most 2 KiB for each further stripe, at most 65
//! stripes, and at most 32 KiB for a subscriber. In a binary of its own, because it counts the allocations of the whole
//! process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use breaker_core::{CircuitBreaker, Config, Window};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: each call is passed on unchanged to the system's allocator.
#[expect(unsafe_code, reason = "a global allocator is an unsafe trait")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Returns the bytes per breaker after each of `threads` threads has made a few calls through each of 50 breakers.
fn bytes_per_breaker(config: &Config, threads: usize) -> usize {
    const BREAKERS: usize = 50;
    // The clock's thread and the interned name are made once for the process and don't count.
    drop(CircuitBreaker::new("memory", config.clone()));
    let before = LIVE.load(Ordering::Relaxed);
    let breakers: Vec<_> = (0..BREAKERS).map(|_| CircuitBreaker::new("memory", config.clone())).collect();
    let (ready, done) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    thread::scope(|scope| {
        let started = LIVE.load(Ordering::Relaxed);
        let spawn = |_| {
            scope.spawn(|| {
                ready.wait();
                for breaker in breakers.iter().cycle().take(10 * BREAKERS) {
                    breaker.call(|| Ok::<_, ()>(())).expect("closed");
                }
                done.wait();
                // All threads live until the measurement ends, so that each has a stripe of its own.
                ready.wait();
            })
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        let of_threads = LIVE.load(Ordering::Relaxed).saturating_sub(started);
        ready.wait();
        done.wait();
        let bytes = LIVE.load(Ordering::Relaxed).saturating_sub(before).saturating_sub(of_threads) / BREAKERS;
        ready.wait();
        // The end of the scope doesn't wait for a thread's last deallocations, which the next round would count.
        for handle in handles {
            handle.join().expect("no thread panics");
        }
        bytes
    })
}

/// A single test, because it counts for the whole process.
#[test]
fn a_breaker_takes_little_memory_and_a_bounded_number_of_stripes() {
    let defaults = Config::default();
    let [one, two, four] = [1, 2, 4].map(|threads| bytes_per_breaker(&defaults, threads));
    println!("defaults: {one} bytes on 1 thread, {two} on 2, {four} on 4");
    assert!(two <= 16 * 1024, "{two} bytes on 2 threads");
    assert!((four - two) / 2 <= 2 * 1024, "{} bytes for a further stripe", (four - two) / 2);

    let [many, more] = [70, 80].map(|threads| bytes_per_breaker(&defaults, threads));
    println!("{many} bytes on 70 threads, {more} on 80");
    assert!(many <= one + 64 * 2 * 1024, "more than 65 stripes: {many} bytes");
    assert!(more.abs_diff(many) < 256, "80 threads take {more}, 70 take {many} bytes");

    let longest = Config::builder().window(Window::Calls(16_384)).build().expect("the longest window by count");
    let by_count = bytes_per_breaker(&longest, 2);
    println!("last 16384 calls: {by_count} bytes on 2 threads");
    assert!(by_count <= two + 16_384 * 8 + 1_024, "{by_count} bytes");

    let breaker = CircuitBreaker::new("memory", defaults);
    let before = LIVE.load(Ordering::Relaxed);
    let streams: Vec<_> = (0..10).map(|_| breaker.subscribe()).collect();
    let stream = (LIVE.load(Ordering::Relaxed) - before) / streams.len();
    println!("{stream} bytes for a subscriber");
    assert!(stream <= 32 * 1024, "{stream} bytes for a subscriber");
}
