//! Words the faults of unknown keys.

use breaker_keys::{Notation, Unknown};

use crate::assignment::DEFAULTS;
use crate::fault::Fault;
use crate::place::Place;
use crate::text::excerpt;

/// Returns the fault of an unknown key. `as_written` converts the suggested key to the notation of the source.
pub(crate) fn unknown(
    unknown: &Unknown,
    place: Place,
    service: &str,
    key: &str,
    as_written: impl Fn(&str) -> String,
) -> Fault {
    let fault = unknown.fault(&excerpt(key), as_written);
    let fix = match key {
        "<<" => format!("YAML 1.2 has no merge keys: write common keys into `{DEFAULTS}:`"),
        _ => fault.fix.to_string(Notation::Plain, key),
    };
    Fault::new(place, fault.what, fix).about(service, key).nearest(unknown.nearest()).standalone()
}
