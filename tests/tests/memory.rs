//! What a breaker takes: at most 16 KiB with defaults on 2 threads, at most 2 KiB for each further stripe, no more than 65
//! stripes, and at most 32 KiB for a subscriber. In a binary of its own, because it counts what the whole process allocates.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use breaker_core::{CircuitBreaker, Config, Window};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
#[expect(unsafe_code, reason = "a global allocator is an unsafe trait")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is ours.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is ours.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes per breaker after each of `threads` threads has made a few calls through every one of `breakers`.
fn bytes_per_breaker(config: &Config, threads: usize) -> usize {
    const BREAKERS: usize = 50;
    // What is made once for the process isn't a breaker's: the clock's thread, the interned name.
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
                // All threads live until the measurement is over, so that each has a stripe of its own.
                ready.wait();
            })
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        let of_threads = LIVE.load(Ordering::Relaxed).saturating_sub(started);
        ready.wait();
        done.wait();
        let bytes = LIVE.load(Ordering::Relaxed).saturating_sub(before).saturating_sub(of_threads) / BREAKERS;
        ready.wait();
        // The end of the scope alone doesn't wait for what a thread frees last, which the next round would count.
        for handle in handles {
            handle.join().expect("no thread panics");
        }
        bytes
    })
}

/// One test, because the count is of the whole process.
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
    let ring = bytes_per_breaker(&longest, 2);
    println!("last 16384 calls: {ring} bytes on 2 threads");
    assert!(ring <= two + 16_384 * 8 + 1_024, "{ring} bytes");

    let breaker = CircuitBreaker::new("memory", defaults);
    let before = LIVE.load(Ordering::Relaxed);
    let streams: Vec<_> = (0..10).map(|_| breaker.subscribe()).collect();
    let stream = (LIVE.load(Ordering::Relaxed) - before) / streams.len();
    println!("{stream} bytes for a subscriber");
    assert!(stream <= 32 * 1024, "{stream} bytes for a subscriber");
}
