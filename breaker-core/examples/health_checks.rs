//! Health checks that drive the state, and the report for a health endpoint.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use breaker_core::{Config, HealthReport, Registry, State};

/// Stands for a server.
static IS_UP: AtomicBool = AtomicBool::new(false);

async fn ping() -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    if IS_UP.load(Ordering::Relaxed) { Ok(()) } else { Err("connection refused") }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new();
    let config = Config::builder()
        .enable_health_check(true)
        .health_check_interval(Duration::from_millis(20))
        .health_check_timeout(Duration::from_millis(10))
        .build()?;
    let database = registry.get_or_create("database", config);

    // It runs until the guard is dropped, or `registry.shutdown()`. A check that owns a handle clones it for each run:
    // `move || { let pool = pool.clone(); async move { pool.ping().await } }`.
    let check = registry.health_check("database", || async { ping().await });

    // Failed checks open the circuit before a caller has to find out.
    until(&registry, || database.state() == State::Open).await;
    print(&registry.health());

    // A successful check lets an open circuit probe. Without traffic, further ones close it.
    IS_UP.store(true, Ordering::Relaxed);
    until(&registry, || database.state() == State::Closed).await;
    print(&registry.health());

    drop(check);
    registry.shutdown().await;
    Ok(())
}

fn print(report: &HealthReport) {
    println!("all in all {}", report.status);
    for service in &report.services {
        let check = service.check.as_ref().map(ToString::to_string).unwrap_or_default();
        println!("  {} is {}; last check: {check}", service.service, service.state);
    }
}

async fn until(registry: &Registry, is_done: impl Fn() -> bool) {
    while !is_done() {
        assert!(registry.conflicts().is_empty());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
