//! breaker-redis with real servers. `cargo xtask test install` provides them.
#![cfg(target_os = "linux")]

mod aborted;
mod cached;
mod clustered;
mod commands;
mod errors;
mod failover;
mod outages;
mod rig;
