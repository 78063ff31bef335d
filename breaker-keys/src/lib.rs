//! The table of the keys that configure a circuit breaker, and the checks, messages and documentation derived from it.
//!
//! An implementation detail of `breaker-core`, `breaker-macros` and `breaker-config`, which require exactly their own
//! version of it. Depend on `breaker-core` instead.
//!
//! Each key is one row of `table.rs`. The attribute, the builder, `Settings`, `Config`, files, variables, the JSON schema
//! and the documentation are derived from it, so that keys and messages are worded the same everywhere.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[macro_use]
mod words;
#[macro_use]
mod table;

mod check;
mod duration;
mod fault;
mod find;
mod key;
mod markdown;
mod nearest;
mod numbers;
mod read;
mod replaced;
pub mod service;
mod value;

pub use check::{Given, conflicts};
pub use duration::{Human, ParsePart, UNITS};
pub use fault::{Fault, Fix, Notation, Suggestion};
pub use find::{Unknown, find, setting};
pub use key::{Bound, Conflict, DefaultValue, KEYS, Key, Kind, Range, Scope, settings};
pub use markdown::{CODE_TABLE, SETTINGS_TABLE, presets_table};
pub use nearest::nearest;
pub use read::{Written, read, read_in_range};
pub use value::Value;
