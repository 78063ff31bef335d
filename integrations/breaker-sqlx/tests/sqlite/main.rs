//! The wrapper over SQLite: everything that needs no server.

mod attribute;
mod breakers;
mod cut_off;
mod executor;
mod generic;
mod health;
mod macros;
mod rig;
mod split;
mod streams;
mod tables;
mod transactions;
