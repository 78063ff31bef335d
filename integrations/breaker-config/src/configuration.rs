//! The configuration that all sources make together: checked, and applied to a registry.

use std::collections::BTreeSet;

use breaker_core::{ConfigError, Conflict, ConflictKind, Origin, Registry};

use crate::assignment::DEFAULTS;
use crate::check;
use crate::error::Error;
use crate::fault::Fault;
use crate::log;
use crate::merge::{MergedSources, Sources};
use crate::place::Place;
use crate::report::{Report, Warning};

/// What files and variables configure, checked as far as that is possible without a registry.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    sources: Sources,
}

impl Configuration {
    /// The configuration, with everything that is wrong with it whatever the code has: values out of range, and keys that
    /// contradict each other.
    pub(crate) fn new(sources: Sources) -> (Self, Vec<Fault>) {
        let (merged, mut faults) = sources.merge(&BTreeSet::new());
        let layer = &merged.layer;
        // Each for itself: code may come between the defaults and a service, and override what doesn't fit.
        let services = layer.services.iter().map(|(service, settings)| (service.as_str(), settings));
        for (service, settings) in [(DEFAULTS, &layer.defaults)].into_iter().chain(services) {
            for fault in check::faults(settings) {
                faults.push(Fault::from_core(merged.nearest_place(service, &fault.key), service, &fault));
            }
        }
        (Self { sources }, faults)
    }

    /// Applies the configuration over the code of all services in `registry`, at once; it replaces the one that was applied
    /// before. Breakers keep their state and counters. May be called again, and for several registries.
    ///
    /// The report has a warning for each service that is configured here but that no code names (yet), for each window from
    /// here that is shorter than twice the `request_timeout`, or the other way round, for each `request_timeout` of a service
    /// whose functions can't be cancelled, and for each `fail_fast` that differs from the code's. With the feature `tracing` each is
    /// logged, too, when it is new.
    ///
    /// # Errors
    /// What doesn't fit the code, all of it; then nothing changes.
    pub fn apply_to(&self, registry: &Registry) -> Result<Report, Error> {
        let registered: BTreeSet<String> =
            registry.breakers().iter().map(|breaker| breaker.service().to_owned()).collect();
        let (merged, faults) = self.sources.merge(&registered);
        Error::check(faults)?;
        registry.configure(merged.layer.clone()).map_err(|errors| located(&errors, &merged, registry))?;
        let unknown = merged.services.iter().filter(|(service, _)| !registered.contains(*service));
        // `default:` is no service, but reads like one.
        let known = || registered.iter().map(String::as_str).chain([DEFAULTS]);
        let mut warnings: Vec<_> = unknown.map(|(service, place)| Warning::new(place, service, known())).collect();
        // The registry tells of services that have settings, once; it hears nothing of those that have none.
        let is_empty = |warning: &&Warning| !merged.layer.services.contains_key(&warning.service);
        warnings.iter().filter(is_empty).for_each(log::warning);
        let conflicts = registry.conflicts();
        // A health check may still be registered.
        let of_values = |conflict: &&Conflict| {
            matches!(conflict.kind, ConflictKind::ShortWindow | ConflictKind::PlainFunctions | ConflictKind::FailFast)
        };
        let of_values = conflicts.iter().filter(of_values);
        warnings
            .extend(of_values.filter_map(|conflict| Some(Warning::of_values(place_of(&merged, conflict)?, conflict))));
        Ok(Report { warnings })
    }
}

/// Where these sources set one of the values of a conflict about values, if they do.
fn place_of<'a>(merged: &'a MergedSources, conflict: &Conflict) -> Option<&'a Place> {
    let second = if conflict.kind == ConflictKind::ShortWindow { "request_timeout" } else { conflict.key };
    [(conflict.key, &conflict.first), (second, &conflict.second)].into_iter().find_map(|(key, value)| {
        let mut places = [conflict.service.as_str(), DEFAULTS].into_iter().filter_map(|of| merged.place_of(of, key));
        places.find(|place| place.origin().to_string() == value.place)
    })
}

/// The faults that breaker-core found, each with the place of its key.
fn located(errors: &[ConfigError], merged: &MergedSources, registry: &Registry) -> Error {
    let mut faults = Vec::new();
    for error in errors {
        let service = error.service().unwrap_or(DEFAULTS);
        let place_of = |key: &str| place_in_force(merged, registry, service, key);
        for core_fault in error.faults() {
            let place = place_of(&core_fault.key).unwrap_or_else(|| merged.nearest_place(service, &core_fault.key));
            let mut fault = Fault::from_core(place, service, core_fault);
            let against = core_fault.against.and_then(|key| Some((key, place_of(key)?)));
            // Of two keys in one source the place of one is enough.
            if let Some((key, place)) = against.filter(|(_, place)| place.is_code() != fault.place.is_code()) {
                fault.allowed = format!("{} ({key} at {place})", fault.allowed);
            }
            faults.push(fault);
        }
    }
    Error::new(faults)
}

/// The place of the value that would hold: run time, a source's entry for the service, code, the defaults.
fn place_in_force(merged: &MergedSources, registry: &Registry, service: &str, key: &str) -> Option<Place> {
    // What files and variables have in the configuration that is replaced is no place to look at now.
    let elsewhere = origins(registry, service, key);
    let found = |is: fn(&Origin) -> bool| elsewhere.iter().find(|origin| is(origin));
    let place = |origin: &Origin| Place::Elsewhere(origin.to_string());
    let at_run_time = found(|origin| matches!(origin, Origin::Runtime)).map(place);
    let of_service = || merged.place_of(service, key).cloned();
    let in_code = || found(|origin| matches!(origin, Origin::Code(_))).map(place);
    at_run_time.or_else(of_service).or_else(in_code).or_else(|| merged.place_of(DEFAULTS, key).cloned())
}

/// The origins of all values that a service has for a key at present, strongest first.
fn origins(registry: &Registry, service: &str, key: &str) -> Vec<Origin> {
    let values = registry.explain(service).map(|explanation| explanation.values).unwrap_or_default();
    let Some(value) = values.into_iter().find(|value| value.key == key && !value.of_function) else {
        return Vec::new();
    };
    [value.origin].into_iter().chain(value.overridden.into_iter().map(|weaker| weaker.origin)).collect()
}
