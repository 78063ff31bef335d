//! Names that a service can't have.

/// What files and variables call the values that all services inherit.
pub const DEFAULTS: &str = "defaults";

/// What is wrong with that name for a service.
pub const RESERVED: &str = "is reserved for the values that all services inherit";

/// What to do about it.
pub const RENAME: &str = "give the service another name";
