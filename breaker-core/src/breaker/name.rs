//! Names of services, interned: an error carries one as a pointer.

use std::sync::{Mutex, PoisonError};

use breaker_keys::service::{DEFAULTS, RENAME, RESERVED};

use crate::error::ConfigFault;
use crate::event::{BadConfiguration, EventKind, PlacedFault};

/// The name under which a service is known: one without a name is `unnamed`.
pub(crate) fn canonical(name: &str) -> &str {
    if name.trim().is_empty() { "unnamed" } else { name }
}

/// What is wrong with a name that is reserved.
pub(crate) fn reserved(service: &str) -> Option<ConfigFault> {
    (service == DEFAULTS).then(|| ConfigFault::new("service", format_args!("\"{service}\""), RESERVED, RENAME))
}

/// The same as an event, for where no error can be returned.
pub(crate) fn misnamed(service: &str) -> Option<EventKind> {
    let fault = reserved(service)?;
    let problem = BadConfiguration::new(fault.to_string()).with_faults([PlacedFault::new(fault).of_service(service)]);
    Some(EventKind::BadConfiguration(problem.into()))
}

/// The one copy of this name. It is never freed: names are few.
pub(crate) fn intern(name: &str) -> &'static str {
    static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let name = canonical(name);
    // In their order.
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
