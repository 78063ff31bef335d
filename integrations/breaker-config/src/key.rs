//! The names of keys.

use breaker_core::Settings;

use crate::assignment::DEFAULTS;
use crate::fault::Fault;
use crate::place::Place;

/// The key of this name.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    Settings::KEYS.iter().copied().find(|known| *known == name)
}

/// The fault of an unknown key; `as_written` gives how its source writes the key that was meant.
pub(crate) fn unknown(place: Place, service: &str, key: &str, as_written: impl FnOnce(&str) -> String) -> Fault {
    // Comparing takes as long as the key is, and one that is far longer than all others is near to none.
    let nearest = Some(key).filter(|key| key.len() < 64).and_then(Settings::nearest_key);
    let (allowed, fix) = match nearest {
        Some(nearest) => ("is no key", format!("write {}", as_written(nearest))),
        None if key == "<<" => {
            ("is no key, for YAML 1.2 merges nothing", format!("write common keys into `{DEFAULTS}:`"))
        }
        None => ("is no key", format!("write one of {}", Settings::KEYS.join(", "))),
    };
    Fault::new(place, allowed, fix).about(service, key).nearest(nearest)
}
