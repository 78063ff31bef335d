//! What a call through a breaker costs: closed, failing now and then, rejected; timed and not; on one and two threads, and
//! on eight where calls fail.
//! The comparison with other crates is a matter of its own; here are the engine's own figures.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, Config, ConfigBuilder, Mode};
use criterion::{Criterion, criterion_group, criterion_main};

/// The work that is protected: next to nothing, so that what is seen is the breaker.
#[inline(never)]
fn work(n: u64) -> Result<u64, u64> {
    if n.is_multiple_of(1 << 40) { Err(n) } else { Ok(black_box(n)) }
}

#[inline(never)]
fn work_that_fails_each_tenth_time(n: u64) -> Result<u64, u64> {
    if n.is_multiple_of(10) { Err(n) } else { Ok(black_box(n)) }
}

fn breaker(config: &ConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("bench", config.build().expect("the bench's configuration is right"))
}

fn untimed() -> ConfigBuilder {
    Config::builder().failure_threshold(1_000_000).response_times(false)
}

fn timed() -> ConfigBuilder {
    Config::builder().failure_rate(0.9).window(Duration::from_secs(60))
}

fn by_count() -> ConfigBuilder {
    Config::builder().failure_rate(0.9).window(100).response_times(false)
}

/// Runs `iterations` calls, shared out over the threads; the time from the first start to the last end.
fn on_threads(threads: u64, iterations: u64, call: impl Fn(u64) + Sync) -> Duration {
    let each = iterations.div_ceil(threads);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (1..=each).for_each(&call));
        }
    });
    start.elapsed()
}

type Work = fn(u64) -> Result<u64, u64>;

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("calls");
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1)).sample_size(20);
    let rejecting = breaker(&timed());
    rejecting.set_mode(Mode::ForcedOpen);
    let open = breaker(&Config::builder().consecutive_failures(1).open_timeout(Duration::from_secs(3_600)));
    let _ = open.call(|| Err::<(), ()>(()));
    let by_default = Config::builder;
    let rate = || Config::builder().failure_rate(0.5).minimum_requests(20);
    let cases: [(&str, Option<CircuitBreaker>, Work); 14] = [
        ("bare", None, work),
        ("closed, untimed", Some(breaker(&untimed())), work),
        ("closed, timed, rate over 60 s", Some(breaker(&timed())), work),
        ("closed, timed, 10 % fail", Some(breaker(&timed())), work_that_fails_each_tenth_time),
        ("closed, last 100 calls", Some(breaker(&by_count())), work),
        ("closed, last 100 calls, 10 % fail", Some(breaker(&by_count())), work_that_fails_each_tenth_time),
        ("default rules, timed", Some(breaker(&by_default())), work),
        ("default rules, timed, 10 % fail", Some(breaker(&by_default())), work_that_fails_each_tenth_time),
        ("their rate alone, timed, 10 % fail", Some(breaker(&rate())), work_that_fails_each_tenth_time),
        ("default rules, untimed", Some(breaker(&by_default().response_times(false))), work),
        (
            "default rules, untimed, 10 % fail",
            Some(breaker(&by_default().response_times(false))),
            work_that_fails_each_tenth_time,
        ),
        (
            "their rate alone, untimed, 10 % fail",
            Some(breaker(&rate().response_times(false))),
            work_that_fails_each_tenth_time,
        ),
        ("rejected, open", Some(open), work),
        ("rejected, forced", Some(rejecting), work),
    ];
    for (name, breaker, work) in &cases {
        // Eight where threads get in each other's way.
        for &threads in if name.contains("fail") { &[1, 2, 8][..] } else { &[1, 2] } {
            group.bench_function(format!("{name}/{threads}"), |bencher| {
                bencher.iter_custom(|iterations| match breaker {
                    None => on_threads(threads, iterations, |n| {
                        let _ = black_box(work(n));
                    }),
                    Some(breaker) => on_threads(threads, iterations, |n| {
                        let _ = black_box(breaker.call(|| work(n)));
                    }),
                });
            });
        }
    }
    group.finish();
}

/// The limit of a timed call: the clock, read twice.
fn clock(criterion: &mut Criterion) {
    let clock = quanta::Clock::new();
    criterion.bench_function("the clock read twice", |bencher| {
        bencher.iter(|| black_box(clock.raw()).wrapping_sub(black_box(clock.raw())));
    });
}

criterion_group!(benches, calls, clock);
criterion_main!(benches);
