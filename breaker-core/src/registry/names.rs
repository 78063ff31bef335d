//! Names of services that settings can't be given to.

use breaker_keys::service::{RENAME, RESERVED};

use crate::breaker::name::reserved;
use crate::error::{ConfigError, ConfigFault};
use crate::event::{ConfiguredValue, Conflict, ConflictKind};

/// What is wrong with the name of a service that is to get settings.
pub(super) fn check(service: &str) -> Result<(), ConfigError> {
    let empty = service.trim().is_empty().then(|| {
        let name = format_args!("\"{service}\"");
        ConfigFault::new("service", name, "must not be empty", "write the name of the service")
    });
    ConfigError::check(empty.or_else(|| reserved(service))).map_err(|error| error.for_service(service))
}

/// The conflict of a service that has a reserved name.
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
