//! The kit itself: servers start, are damaged, and leave nothing behind. `cargo xtask test install` provides them.
#![cfg(target_os = "linux")]

mod cleanup;
mod mariadb;
mod ports;
mod postgres;
mod program;
mod proxy;
mod redis;

use servers::{Process, until};

/// Kills, restarts, stops and continues a server whose data `write` changes and `read` reads.
fn survives(
    server: &Process,
    write: impl Fn() -> Result<(), String>,
    read: impl Fn() -> Result<String, String> + Sync,
) {
    write().expect("a running server takes data");
    let address = server.address();
    assert!(server.is_running() && !server.processes().is_empty());

    server.kill();
    assert_eq!((server.is_running(), server.processes()), (false, vec![]));
    read().expect_err("a killed server doesn't answer");
    server.start();
    until("the data is back", || read().and_then(|value| if value == "1" { Ok(()) } else { Err(value) }));

    server.restart();
    assert_eq!((read().as_deref(), server.address()), (Ok("1"), address));

    server.pause();
    assert!(server.processes().into_iter().all(is_stopped));
    server.resume();
    assert_eq!(read().as_deref(), Ok("1"));
    assert!(server.is_running());
}

fn is_stopped(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:\tT"))
}
