//! Names of services that settings can't be given to.

use breaker_keys::service::{DEFAULTS, RENAME, RESERVED};

use crate::error::{ConfigError, ConfigFault};
use crate::event::{ConfiguredValue, Conflict, ConflictKind};

pub(super) fn check(service: &str) -> Result<(), ConfigError> {
    ConfigError::check(fault(service)).map_err(|error| error.for_service(service))
}

/// What is wrong with a name.
pub(super) fn fault(service: &str) -> Option<ConfigFault> {
    let (allowed, fix) = if service.trim().is_empty() {
        ("must not be empty", "write the name of the service")
    } else if service == DEFAULTS {
        (RESERVED, RENAME)
    } else {
        return None;
    };
    Some(ConfigFault::new("service", format_args!("\"{service}\""), allowed, fix))
}

/// The conflict of a service that has a reserved name.
pub(super) fn reserved(service: &str, place: &str) -> Conflict {
    Conflict {
        kind: ConflictKind::ReservedName,
        service: service.to_owned(),
        key: "service",
        first: ConfiguredValue::new(RENAME, ""),
        second: ConfiguredValue::new(RESERVED, place),
        count: 1,
    }
}
