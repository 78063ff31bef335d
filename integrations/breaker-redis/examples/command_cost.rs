//! What the guard costs a command that is admitted, and one that is rejected. The connection answers at once.
//!
//! `cargo run --release -p breaker-redis --example command_cost`

use std::future::ready;
use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, Config, Mode};
use breaker_redis::Guarded;
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, Value, cmd};

const ROUNDS: u32 = 100_000;

/// Its future is boxed, as the trait asks.
struct AtOnce;

impl ConnectionLike for AtOnce {
    fn req_packed_command<'a>(&'a mut self, _: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(ready(Ok(Value::Okay)))
    }

    fn req_packed_commands<'a>(&'a mut self, _: &'a Pipeline, _: usize, _: usize) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn get_db(&self) -> i64 {
        0
    }
}

fn main() {
    let breaker = CircuitBreaker::new("cost", Config::cache());
    let mut guarded = Guarded::with(breaker.clone(), AtOnce);
    let command = cmd("PING");
    println!("plain command:        {:?}", time(|| is_ok(AtOnce.req_packed_command(&command))));
    // The trait asks for a box around the guard's own future.
    let boxed = || is_ok(Box::pin(AtOnce.req_packed_command(&command)) as RedisFuture<'_, Value>);
    println!("boxed a second time:  {:?}", time(boxed));
    println!("guarded:              {:?}", time(|| is_ok(guarded.req_packed_command(&command))));
    breaker.set_mode(Mode::ForcedOpen);
    println!("rejected:             {:?}", time(|| is_ok(guarded.req_packed_command(&command))));
}

/// Returns the time of one run: the best of several rounds.
fn time(mut run: impl FnMut() -> bool) -> Duration {
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(run());
        }
        start.elapsed() / ROUNDS
    });
    rounds.min().unwrap_or_default()
}

fn is_ok<T>(mut future: RedisFuture<'_, T>) -> bool {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => black_box(result).is_ok(),
        Poll::Pending => false,
    }
}
