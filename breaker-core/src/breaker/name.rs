//! Names of services. They are interned, so that an error holds a name as a pointer.

use std::sync::{Mutex, PoisonError};

use breaker_keys::service::{DEFAULTS, RENAME, RESERVED};

use crate::error::ConfigFault;
use crate::event::{BadConfiguration, EventKind, PlacedFault};

/// Returns the name under which a service is known: `unnamed` if the name is empty.
pub(crate) fn canonical(name: &str) -> &str {
    if name.trim().is_empty() { "unnamed" } else { name }
}

/// Returns the fault of a reserved name.
pub(crate) fn reserved(service: &str) -> Option<ConfigFault> {
    (service == DEFAULTS).then(|| ConfigFault::new("service", format_args!("\"{service}\""), RESERVED, RENAME))
}

/// Returns the fault of a reserved name as an event, for callers that can't return an error.
pub(crate) fn misnamed(service: &str) -> Option<EventKind> {
    let fault = reserved(service)?;
    let problem = BadConfiguration::new(fault.to_string()).with_faults([PlacedFault::new(fault).of_service(service)]);
    Some(EventKind::BadConfiguration(problem.into()))
}

/// Returns the one copy of this name. It is never freed, because names are few.
pub(crate) fn intern(name: &str) -> &'static str {
    static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let name = canonical(name);
    // Sorted.
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    match names.binary_search(&name) {
        Ok(known) => names[known],
        Err(place) => {
            let name: &'static str = Box::leak(name.into());
            names.insert(place, name);
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_one_pointer_and_an_empty_one_has_a_name() {
        assert!(std::ptr::eq(intern("a service"), intern(&String::from("a service"))));
        assert_eq!(intern("  "), "unnamed");
    }
}
