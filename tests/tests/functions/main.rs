//! Annotated functions, and what files and variables set for their services. A program of its own: the global registry has one
//! layer for all services, so these tests run one after another.

#![allow(clippy::unused_async, reason = "a fallback of an async function is async, whether it waits or not")]

mod own_timeouts;
mod plain_functions;

use breaker_core::{Registry, SettingsLayer};
use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// This test's turn, with nothing set from outside of the code.
async fn turn() -> MutexGuard<'static, ()> {
    nothing_set(TURN.lock().await)
}

/// The same for a test without a runtime.
fn turn_blocking() -> MutexGuard<'static, ()> {
    nothing_set(TURN.blocking_lock())
}

fn nothing_set(turn: MutexGuard<'static, ()>) -> MutexGuard<'static, ()> {
    Registry::global().configure(SettingsLayer::default()).expect("the code is valid");
    turn
}
