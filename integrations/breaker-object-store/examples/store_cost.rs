//! What the guard costs a call that is admitted, and one that is rejected. The store is in memory.
//!
//! `cargo run --release -p breaker-object-store --example store_cost`

use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, Config, Mode};
use breaker_object_store::GuardedStore;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

const ROUNDS: u32 = 50_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> object_store::Result<()> {
    let (plain, path) = (InMemory::new(), Path::from("a"));
    plain.put(&path, "text".into()).await?;
    let breaker = CircuitBreaker::new("cost", Config::s3());
    let guarded = GuardedStore::with(breaker.clone(), plain.fork());
    println!("plain get:   {:?}", time(&plain, &path).await);
    println!("guarded get: {:?}", time(&guarded, &path).await);
    breaker.set_mode(Mode::ForcedOpen);
    println!("rejected:    {:?}", time(&guarded, &path).await);
    Ok(())
}

/// Returns the time of one call: the best of several rounds.
async fn time(store: &impl ObjectStore, path: &Path) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            drop(store.get(path).await);
        }
        best = best.min(start.elapsed() / ROUNDS);
    }
    best
}
