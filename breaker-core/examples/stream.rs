//! A permit around a stream: the call has ended when the stream has, not when the function returns it.

use breaker_core::{CallError, CircuitBreaker, Config};
use futures::stream::{self, Stream, StreamExt};

type Row = Result<u32, &'static str>;

/// Stands for a query whose rows come one by one.
fn query(breaks: bool) -> impl Stream<Item = Row> {
    let end = if breaks { Err("connection reset") } else { Ok(3) };
    stream::iter([Ok(1), Ok(2), end])
}

fn rows(
    database: &CircuitBreaker,
    breaks: bool,
) -> Result<impl Stream<Item = Result<u32, CallError<&'static str>>>, CallError<&'static str>> {
    // Rejected while the circuit is open. Without `judged_at_end`, the first row decides.
    let permit = database.try_acquire()?;
    Ok(permit.stream(query(breaks)).judged_at_end())
}

fn main() -> Result<(), CallError<&'static str>> {
    let database = CircuitBreaker::new("database", Config::default());
    futures::executor::block_on(async {
        for breaks in [false, true] {
            let rows = rows(&database, breaks)?.collect::<Vec<_>>().await;
            println!("{rows:?}");
        }
        // Dropped after its first row: the caller lost interest, which says nothing about the database.
        let mut abandoned = Box::pin(rows(&database, false)?);
        println!("{:?}", abandoned.next().await);
        Ok::<_, CallError<&'static str>>(())
    })?;
    let metrics = database.metrics();
    assert_eq!((metrics.successes, metrics.failures, metrics.abandoned), (1, 1, 1));
    Ok(())
}
