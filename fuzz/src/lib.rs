//! What is fuzzed. Each target is a function of bytes that panics where something doesn't hold, and that says whether
//! the bytes could be read as its input at all.
//!
//! The same sources are built twice: by `cargo xtask fuzz` as a library of the fuzzer, and on the pinned compiler as a
//! test of `breaker-tests`, which replays what is in `kept/`.
//!
//! A procedural macro can't be called from outside, so its modules are compiled here as well. They name each other from
//! the root of the crate.

#[path = "../../breaker-macros/src/args.rs"]
mod args;
#[allow(dead_code, reason = "one function is for the unit tests of the macro")]
#[path = "../../breaker-macros/src/diag.rs"]
mod diag;
#[path = "../../breaker-macros/src/expand.rs"]
mod expand;
#[path = "../../breaker-macros/src/item.rs"]
mod item;
#[path = "../../breaker-macros/src/model.rs"]
mod model;
#[path = "../../breaker-macros/src/params.rs"]
mod params;
#[path = "../../breaker-macros/src/protect.rs"]
mod protect;
#[path = "../../breaker-macros/src/settings.rs"]
mod settings;
#[path = "../../breaker-macros/src/value.rs"]
mod value;

pub mod attribute;
pub mod durations;
pub mod sequences;

#[cfg(test)]
mod replay;
