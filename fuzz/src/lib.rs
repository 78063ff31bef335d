//! What is fuzzed. Each target is a function of bytes that panics where something doesn't hold, and that says whether
//! the bytes could be read as its input at all.
//!
//! The same sources are built twice: by `cargo xtask fuzz` as a library of the fuzzer, and on the pinned compiler as a
//! test of `breaker-tests`, which replays what is in `kept/`.
//!
//! A procedural macro can't be called from outside, so its modules are compiled here as well. They name each other from
//! the root of the crate.

#[path = "../../breaker-macros/src"]
mod macros {
    pub(crate) mod args;
    pub(crate) mod conflicts;
    pub(crate) mod editor;
    pub(crate) mod entry;
    pub(crate) mod expand;
    pub(crate) mod fallback;
    #[allow(dead_code, reason = "one function is for the unit tests of the macro")]
    pub(crate) mod faults;
    pub(crate) mod function;
    pub(crate) mod injectable;
    pub(crate) mod model;
    pub(crate) mod names;
    pub(crate) mod parameters;
    pub(crate) mod requirements;
    pub(crate) mod return_type;
    pub(crate) mod self_alias;
    pub(crate) mod site;
    pub(crate) mod spans;
    pub(crate) mod tracked;
    pub(crate) mod unfinished;
    pub(crate) mod unread;
    pub(crate) mod unsupported;
    pub(crate) mod value;
}

use macros::*;

pub mod attribute;
pub mod durations;
pub mod sequences;

#[cfg(test)]
mod replay;
