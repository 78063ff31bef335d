//! breaker-sqlx over a real `MariaDB`: each line of the table, and outages.
#![cfg(target_os = "linux")]

mod connecting;
mod numbers;
mod outages;
#[path = "../databases/rig.rs"]
mod rig;
mod unavailable;
