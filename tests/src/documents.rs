//! The examples of the repository's documents run as doctests of this crate: a published crate can't include files outside of
//! its own folder.

#[doc = include_str!("../../README.md")]
mod readme {}

#[doc = include_str!("../../docs/migrating.md")]
mod migrating {}

#[doc = include_str!("../../docs/guide.md")]
mod guide {}

#[doc = include_str!("../../docs/foreign-errors.md")]
mod foreign_errors {}
