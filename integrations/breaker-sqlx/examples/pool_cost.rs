//! What the wrapper costs a call that is admitted, and one that is rejected, beside the same work on a plain pool.
//!
//! `cargo run --release -p breaker-sqlx --example pool_cost`

use std::hint::black_box;
use std::time::Instant;

use breaker_core::{Mode, Registry};
use breaker_sqlx::Database;
use sqlx::{Executor, SqlitePool};

const CALLS: u32 = 20_000;

/// Returns the nanoseconds of one call: the best of several runs.
async fn nanoseconds(mut call: impl AsyncFnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..CALLS {
            call().await;
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS));
    }
    best
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), sqlx::Error> {
    let pool = SqlitePool::connect("sqlite::memory:").await?;
    let db = Database::new("cost", pool);

    // An operation that is ready at once: what is left is the wrapper.
    let plain = nanoseconds(async || {
        let _ = black_box(async { Ok::<_, sqlx::Error>(black_box(1)) }.await);
    });
    let wrapped = nanoseconds(async || {
        let _ = black_box(db.execute(async |_| Ok(black_box(1))).await);
    });
    let (plain, wrapped) = (plain.await, wrapped.await);
    println!("admitted: {:.0} ns more than without the wrapper", wrapped - plain);

    Registry::global().get("cost").expect("created above").set_mode(Mode::ForcedOpen);
    let rejected = nanoseconds(async || drop(black_box(db.fetch_optional("SELECT 1").await))).await;
    println!("rejected: {rejected:.0} ns, with the error");
    Ok(())
}
