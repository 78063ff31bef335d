//! Names that a service can't have.

/// The name under which files and variables set the values that all services inherit.
pub const DEFAULTS: &str = "defaults";

/// Why a service can't have that name.
pub const RESERVED: &str = "is reserved for the values that all services inherit";

/// How to fix it.
pub const RENAME: &str = "give the service another name";
