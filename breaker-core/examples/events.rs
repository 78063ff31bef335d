//! Events for your own code, and logs through `tracing`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use breaker_core::{CircuitBreaker, Config, EventKind, State};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Every event is logged with the target `circuit_breaker`; a rejection only at the level `debug`.
    tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).without_time().init();

    let search = CircuitBreaker::new("search", Config::builder().failure_threshold(2).build()?);
    let openings = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&openings);
    // A listener runs after the transition, outside of every lock: it may call the breaker.
    search.on_event(move |event| {
        if let EventKind::Transition { to: State::Open, cause, .. } = &event.kind {
            counter.fetch_add(1, Ordering::Relaxed);
            println!("page somebody: {cause}");
        }
    });

    for _ in 0..3 {
        if let Err(error) = search.call(|| Err::<(), _>("connection refused")) {
            println!("{error}");
        }
    }
    // The last 32 events are kept.
    for event in search.history() {
        println!("#{} {event}", event.sequence);
    }
    assert_eq!(openings.load(Ordering::Relaxed), 1);
    Ok(())
}
