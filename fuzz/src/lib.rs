//! The fuzz targets. Each is a function of bytes. It panics if a property does not hold, and returns whether the bytes
//! could be read as an input.
//!
//! The sources are built twice: by `cargo xtask fuzz` as the fuzzer's library, and with the pinned compiler as a test
//! of `breaker-tests`, which replays the inputs in `kept/`.
//!
//! A procedural macro can't be called from outside, so its modules are compiled here as well. They refer to each other
//! from the root of the crate.

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
