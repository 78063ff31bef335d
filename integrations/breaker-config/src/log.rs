//! Logs through `tracing`; without that feature, nothing. Target `circuit_breaker`, as in breaker-core. A subscriber that
//! panics harms nobody: the configuration is applied, and a watch goes on.
//!
//! Messages, levels and fields are listed in `docs/logging.md`; a test compares the two.

use crate::report::Warning;

#[cfg(feature = "tracing")]
pub(crate) fn warning(warning: &Warning) {
    let service = warning.service.as_str();
    caught(|| tracing::warn!(target: "circuit_breaker", service, %warning, "configured service not in the code"));
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn warning(_: &Warning) {}

#[cfg(all(feature = "tracing", feature = "watch"))]
pub(crate) fn reloaded() {
    caught(|| tracing::info!(target: "circuit_breaker", "configuration reloaded"));
}

#[cfg(all(not(feature = "tracing"), feature = "watch"))]
pub(crate) fn reloaded() {}

/// Runs code of a subscriber. Should it panic, the panic hook has reported that; the payload is leaked, because its drop may
/// panic, too.
#[cfg(feature = "tracing")]
fn caught(log: impl FnOnce()) {
    if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(log)) {
        std::mem::forget(payload);
    }
}
