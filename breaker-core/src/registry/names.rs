//! Names of services that can't have settings.

use breaker_keys::service::{RENAME, RESERVED};

use crate::breaker::name::reserved;
use crate::error::{ConfigError, ConfigFault};
use crate::event::{ConfiguredValue, Conflict, ConflictKind};

/// Checks the name of a service for which settings are given.
pub(super) fn check(service: &str) -> Result<(), ConfigError> {
    let empty = service.trim().is_empty().then(|| {
        let name = format_args!("\"{service}\"");
        ConfigFault::new("service", name, "must not be empty", "write the name of the service")
    });
    ConfigError::check(empty.or_else(|| reserved(service))).map_err(|error| error.for_service(service))
}

/// Returns the conflict of a service that has a reserved name.
pub(super) fn conflict(service: &str, place: &str) -> Option<Conflict> {
    reserved(service)?;
    Some(Conflict {
        kind: ConflictKind::ReservedName,
        service: service.to_owned(),
        key: "service",
        first: ConfiguredValue::new(RENAME, ""),
        second: ConfiguredValue::new(RESERVED, place),
        count: 1,
    })
}
