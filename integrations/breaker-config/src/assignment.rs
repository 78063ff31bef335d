//! What all kinds of sources are made of: a key with its value, for one service.

use breaker_core::Settings;

use crate::place::Place;

/// The name that stands for all services.
pub(crate) const DEFAULTS: &str = "defaults";

/// One key with its value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    /// The service, or [`DEFAULTS`].
    pub(crate) service: String,
    pub(crate) key: &'static str,
    /// The value, as settings that hold nothing else.
    pub(crate) settings: Settings,
    pub(crate) place: Place,
}
