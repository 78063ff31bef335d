//! Logs through `tracing`, with the target `circuit_breaker`, as breaker-core does. Without the feature, nothing is logged. If
//! a subscriber panics, the configuration is still applied, and the watch continues.
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

/// Runs code of a subscriber and catches a panic, which the panic hook has already reported. The payload is leaked, because its
/// drop may panic, too.
#[cfg(feature = "tracing")]
fn caught(log: impl FnOnce()) {
    if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(log)) {
        std::mem::forget(payload);
    }
}
