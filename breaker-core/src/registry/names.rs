//! Names of services that settings can't be given to.

use crate::error::{ConfigError, ConfigFault};

/// What files and variables call the values that all services inherit.
const DEFAULTS: &str = "defaults";

pub(super) fn check(service: &str) -> Result<(), ConfigError> {
    ConfigError::check(fault(service)).map_err(|error| error.for_service(service))
}

/// What is wrong with a name.
pub(super) fn fault(service: &str) -> Option<ConfigFault> {
    let (allowed, fix) = if service.trim().is_empty() {
        ("must not be empty", "write the name of the service")
    } else if service == DEFAULTS {
        ("is reserved for the values that all services inherit", "give the service another name")
    } else {
        return None;
    };
    Some(ConfigFault::new("service", format_args!("\"{service}\""), allowed, fix))
}
