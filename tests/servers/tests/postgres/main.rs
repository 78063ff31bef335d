//! breaker-sqlx over a real `PostgreSQL`: each line of the table, and outages.
#![cfg(target_os = "linux")]

mod codes;
mod connecting;
mod cut_off;
mod outages;
#[path = "../databases/rig.rs"]
mod rig;
mod sea_orm;
mod unavailable;
