//! Names of services, interned: an error carries one as a pointer.

use std::sync::{Mutex, PoisonError};

/// The name under which a service is known: one without a name is `unnamed`.
pub(crate) fn canonical(name: &str) -> &str {
    if name.trim().is_empty() { "unnamed" } else { name }
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
