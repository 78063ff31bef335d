//! What all requests share.

use breaker_core::Registry;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) breakers: Registry,
    /// The breakers' metrics, and those of the user.
    pub(crate) metrics: prometheus_client::registry::Registry,
    pub(crate) ready_follows_critical: bool,
}
