//! breaker-object-store with an S3 server, s3s over files.
#![cfg(target_os = "linux")]

mod disk;
mod keys;
mod kit;
mod outages;
mod rig;
#[path = "../objects/server.rs"]
mod serve;
mod server;
mod uploads;
