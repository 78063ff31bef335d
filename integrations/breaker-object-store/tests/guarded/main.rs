//! A guarded store, around stores in memory, on disk, and ones that fail by script.

mod bodies;
mod deletions;
mod errors;
mod fallbacks;
mod kit;
mod listings;
mod operations;
mod rig;
mod uploads;
