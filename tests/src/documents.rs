//! The examples of the repository's documents run as doctests of this crate: a published crate can't include files outside of
//! its own folder.

#[doc = include_str!("../../README.md")]
mod readme {}

#[doc = include_str!("../../docs/migrating.md")]
mod migrating {}
