//! A guarded command allocates only the box that redis' trait asks for. In a binary of its own, because of its allocator.

use std::future::ready;
use std::hint::black_box;
use std::task::{Context, Poll, Waker};

use breaker_core::{CircuitBreaker, Config, Mode};
use breaker_redis::Guarded;
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, Value, cmd, pipe};

#[path = "../../../tests/tests/counting.rs"]
#[expect(dead_code, reason = "shared with tests that also count bytes")]
mod counting;

/// Answers at once. Its future is boxed, as the trait asks.
struct Instant;

impl ConnectionLike for Instant {
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

/// Returns the allocations of 100 runs, after five to warm up.
fn allocations(mut run: impl FnMut()) -> u64 {
    (0..5).for_each(|_| run());
    let before = counting::made();
    (0..100).for_each(|_| run());
    counting::made() - before
}

fn is_ok<T>(mut future: RedisFuture<'_, T>) -> bool {
    let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it is ready")
    };
    black_box(result).is_ok()
}

#[test]
fn a_command_allocates_one_box_more_and_a_rejection_its_error() {
    let breaker = CircuitBreaker::new("allocations", Config::cache());
    let mut guarded = Guarded::with(breaker.clone(), Instant);
    let (command, mut pipeline, mut wait) = (cmd("PING"), pipe(), cmd("WAIT"));
    pipeline.cmd("PING").cmd("PING");
    wait.arg(1).arg(0);
    let bare = allocations(|| assert!(is_ok(Instant.req_packed_command(&command))));
    assert_eq!(bare, 100, "the box of the trait");
    assert_eq!(allocations(|| assert!(is_ok(guarded.req_packed_command(&command)))), 200);
    assert_eq!(allocations(|| assert!(is_ok(guarded.req_packed_commands(&pipeline, 0, 2)))), 200);
    assert_eq!(allocations(|| assert!(is_ok(guarded.req_packed_command(&wait)))), 200);
    assert_eq!(breaker.metrics().successes, 315);

    breaker.set_mode(Mode::ForcedOpen);
    // The future; then the error, redis' error and the error of I/O inside, which are allocated separately.
    assert_eq!(allocations(|| assert!(!is_ok(guarded.req_packed_command(&command)))), 400);
    assert_eq!(breaker.metrics().rejections, 105);
}
