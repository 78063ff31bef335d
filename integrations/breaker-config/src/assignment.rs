//! An assignment: a key with its value, for one service. Sources of all kinds consist of assignments.

use breaker_core::Settings;

use crate::place::Place;

/// The name in sources that means all services.
pub(crate) const DEFAULTS: &str = "defaults";

/// One key with its value and place.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    /// The service, or [`DEFAULTS`].
    pub(crate) service: String,
    pub(crate) key: &'static str,
    /// The value, as settings with only this key.
    pub(crate) settings: Settings,
    pub(crate) place: Place,
}
