//! A process that changes its working directory. The test has its own process, because the change affects all threads.
#![cfg(feature = "watch")]

use std::fs;
use std::time::{Duration, Instant};

use breaker_config::Loader;
use breaker_core::{Clock, Config, Registry};

#[tokio::test]
async fn a_relative_path_stays_where_it_was() {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    std::env::set_current_dir(directory.path()).expect("it is there");
    let write = |threshold: u32| {
        let text = format!("circuit_breaker:\n  s3: {{failure_threshold: {threshold}}}\n");
        fs::write(directory.path().join("b.yaml"), text).expect("written");
    };
    write(2);
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let s3 = registry.get_or_create("s3", Config::default());
    let _watch = Loader::new().file("b.yaml").watch(&registry).expect("good");
    std::env::set_current_dir(std::env::temp_dir()).expect("it is there");
    write(3);
    let end = Instant::now() + Duration::from_secs(20);
    while s3.config().failure_threshold() != Some(3) {
        assert!(Instant::now() < end, "{:?}", s3.history());
        time.advance(Duration::from_millis(500));
        tokio::task::spawn_blocking(|| ()).await.expect("runs");
    }
    let origin = registry.explain("s3").expect("named").to_string();
    assert!(origin.contains("  b.yaml:2:27"), "named as it was given: {origin}");
}
