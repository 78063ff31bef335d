//! Logs through `tracing`; without that feature, nothing. Target `circuit_breaker`, as in breaker-core.

use crate::report::Warning;

#[cfg(feature = "tracing")]
pub(crate) fn warning(warning: &Warning) {
    let service = warning.service.as_str();
    tracing::warn!(target: "circuit_breaker", service, %warning, "configured, but not in the code");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn warning(_: &Warning) {}

#[cfg(all(feature = "tracing", feature = "watch"))]
pub(crate) fn reloaded() {
    tracing::info!(target: "circuit_breaker", "configuration reloaded");
}

#[cfg(all(not(feature = "tracing"), feature = "watch"))]
pub(crate) fn reloaded() {}
