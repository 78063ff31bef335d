//! The merged configuration of all sources: its checks, and how it is applied to a registry.

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

/// The configuration of all files and variables, checked as far as that is possible without a registry.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    sources: Sources,
}

impl Configuration {
    /// Creates the configuration. Also returns the faults that no code can resolve: values out of range, and keys that
    /// contradict each other.
    pub(crate) fn new(sources: Sources) -> (Self, Vec<Fault>) {
        let (merged, mut faults) = sources.merge(&BTreeSet::new());
        let layer = &merged.layer;
        // The defaults and each service are checked separately: code overrides the defaults, and so may resolve a conflict.
        let services = layer.services.iter().map(|(service, settings)| (service.as_str(), settings));
        for (service, settings) in [(DEFAULTS, &layer.defaults)].into_iter().chain(services) {
            for fault in check::faults(settings) {
                faults.push(Fault::from_core(merged.nearest_place(service, &fault.key), service, &fault));
            }
        }
        (Self { sources }, faults)
    }

    /// Applies the configuration to all services in `registry` at once. It overrides the code and replaces the configuration
    /// that was applied before. Breakers keep their state and counters. Can be called repeatedly, and for several registries.
    ///
    /// The report has a warning for each of these:
    ///
    /// - a configured service that is not in the code (yet)
    /// - a window that is shorter than twice the `request_timeout`, if at least one of the two is set here
    /// - a `request_timeout` for a service whose functions can't be cancelled
    /// - a `fail_fast` that differs from the one in the code
    ///
    /// With the feature `tracing`, each new warning is logged.
    ///
    /// # Errors
    /// Returns all conflicts of the configuration with the code; then nothing is applied.
    pub fn apply_to(&self, registry: &Registry) -> Result<Report, Error> {
        let registered: BTreeSet<String> =
            registry.breakers().iter().map(|breaker| breaker.service().to_owned()).collect();
        let (merged, faults) = self.sources.merge(&registered);
        Error::check(faults)?;
        registry.configure(merged.layer.clone()).map_err(|errors| located(&errors, &merged, registry))?;
        let unknown = merged.services.iter().filter(|(service, _)| !registered.contains(*service));
        // `defaults` is suggested, too: `default:` is read as the name of a service.
        let known = || registered.iter().map(String::as_str).chain([DEFAULTS]);
        let mut warnings: Vec<_> = unknown.map(|(service, place)| Warning::new(place, service, known())).collect();
        // The registry logs unknown services with settings, once each. Those without settings are never passed to it.
        let is_empty = |warning: &&Warning| !merged.layer.services.contains_key(&warning.service);
        warnings.iter().filter(is_empty).for_each(log::warning);
        let conflicts = registry.conflicts();
        // Conflicts about a missing health check are left out: the program may still register it.
        let of_values = |conflict: &&Conflict| {
            matches!(conflict.kind, ConflictKind::ShortWindow | ConflictKind::PlainFunctions | ConflictKind::FailFast)
        };
        let of_values = conflicts.iter().filter(of_values);
        warnings
            .extend(of_values.filter_map(|conflict| Some(Warning::of_values(place_of(&merged, conflict)?, conflict))));
        Ok(Report { warnings })
    }
}

/// Returns the place at which these sources set one of the conflicting values, if they do.
fn place_of<'a>(merged: &'a MergedSources, conflict: &Conflict) -> Option<&'a Place> {
    let second = if conflict.kind == ConflictKind::ShortWindow { "request_timeout" } else { conflict.key };
    [(conflict.key, &conflict.first), (second, &conflict.second)].into_iter().find_map(|(key, value)| {
        let mut places = [conflict.service.as_str(), DEFAULTS].into_iter().filter_map(|of| merged.place_of(of, key));
        places.find(|place| place.origin().to_string() == value.place)
    })
}

/// Returns the faults that breaker-core found, each with the place of its key.
fn located(errors: &[ConfigError], merged: &MergedSources, registry: &Registry) -> Error {
    let mut faults = Vec::new();
    for error in errors {
        let service = error.service().unwrap_or(DEFAULTS);
        let place_of = |key: &str| place_in_force(merged, registry, service, key);
        for core_fault in error.faults() {
            let place = place_of(&core_fault.key).unwrap_or_else(|| merged.nearest_place(service, &core_fault.key));
            let mut fault = Fault::from_core(place, service, core_fault);
            let against = core_fault.against.and_then(|key| Some((key, place_of(key)?)));
            // Both places are shown only if one key is set in the code and the other is not.
            if let Some((key, place)) = against.filter(|(_, place)| place.is_code() != fault.place.is_code()) {
                fault.allowed = format!("{} ({key} at {place})", fault.allowed);
            }
            faults.push(fault);
        }
    }
    Error::new(faults)
}

/// Returns the place of the value that would be in force: from run time, from a source's entry for the service, from code, or
/// from the defaults, in this order.
fn place_in_force(merged: &MergedSources, registry: &Registry, service: &str, key: &str) -> Option<Place> {
    // The registry also knows the files and variables of the configuration that is being replaced: they are skipped.
    let elsewhere = origins(registry, service, key);
    let found = |is: fn(&Origin) -> bool| elsewhere.iter().find(|origin| is(origin));
    let place = |origin: &Origin| Place::Elsewhere(origin.to_string());
    let at_run_time = found(|origin| matches!(origin, Origin::Runtime)).map(place);
    let of_service = || merged.place_of(service, key).cloned();
    let in_code = || found(|origin| matches!(origin, Origin::Code(_))).map(place);
    at_run_time.or_else(of_service).or_else(in_code).or_else(|| merged.place_of(DEFAULTS, key).cloned())
}

/// Returns the origins of all present values of a service's key, the strongest first.
fn origins(registry: &Registry, service: &str, key: &str) -> Vec<Origin> {
    let values = registry.explain(service).map(|explanation| explanation.values).unwrap_or_default();
    let Some(value) = values.into_iter().find(|value| value.key == key && !value.of_function) else {
        return Vec::new();
    };
    [value.origin].into_iter().chain(value.overridden.into_iter().map(|weaker| weaker.origin)).collect()
}
