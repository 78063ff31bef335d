//! A redis command whose connection answers at once. Its future is boxed, as the trait asks.

use std::future::ready;
use std::hint::black_box;

use breaker_redis::Guarded;
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, Value, cmd};

use crate::compare::compare;

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

pub(crate) async fn measure() {
    let command = cmd("PING");
    let mut guarded = Guarded::new("redis", AtOnce);
    let breaker = guarded.breaker().clone();
    let mut connection = AtOnce;
    // The trait asks for a box around the guard's own future.
    let plain = async || {
        let boxed: RedisFuture<'_, Value> = Box::pin(connection.req_packed_command(&command));
        black_box(boxed.await).is_ok()
    };
    let guard = async || black_box(guarded.req_packed_command(&command).await).is_ok();
    compare("redis: command, plain in a second box", &breaker, plain, guard).await.print();
}
