//! Guarded connections, on connections that answer by script.

mod attribute;
mod blocking;
mod cache;
mod commands;
mod errors;
mod loads;
mod rig;
mod wire;
