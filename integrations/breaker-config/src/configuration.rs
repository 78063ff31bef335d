//! The configuration that all sources make together: checked, and applied to a registry.

use std::collections::BTreeSet;

use breaker_core::{ConfigError, Origin, Registry};

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
        let mut known = BTreeSet::new();
        let defaults = (DEFAULTS, layer.defaults.clone());
        let services = layer.services.keys().map(|service| (service.as_str(), layer.settings_for(service)));
        for (service, settings) in [defaults].into_iter().chain(services) {
            for fault in check::faults(&settings) {
                let place = merged.nearest_place(service, &fault.key);
                // A fault of the defaults is not repeated for each service.
                if known.insert((place.clone(), fault.to_string())) {
                    faults.push(Fault::from_core(place, service, &fault));
                }
            }
        }
        (Self { sources }, faults)
    }

    /// Applies the configuration over the code of all services in `registry`, at once; it replaces the one that was applied
    /// before. Breakers keep their state and counters. May be called again, and for several registries.
    ///
    /// The report has a warning for each service that is configured here but that no code names (yet); with the feature
    /// `tracing` each is logged, too.
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
        let warnings = unknown.map(|(service, place)| Warning::new(place, service, known())).collect();
        let report = Report { warnings };
        report.warnings.iter().for_each(log::warning);
        Ok(report)
    }
}

/// The faults that breaker-core found, each with the place of its key.
fn located(errors: &[ConfigError], merged: &MergedSources, registry: &Registry) -> Error {
    let mut faults = Vec::new();
    for error in errors {
        let service = error.service().unwrap_or(DEFAULTS);
        let place_of = |key: &str| merged.place_of(service, key).cloned().or_else(|| in_code(registry, service, key));
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

/// Where code has a key that a file contradicts.
fn in_code(registry: &Registry, service: &str, key: &str) -> Option<Place> {
    let explanation = registry.explain(service)?;
    let value = explanation.values.into_iter().find(|value| value.key == key)?;
    // A file or a variable has it in the configuration that is replaced, which is no place to look at now.
    let here = matches!(value.origin, Origin::Code(_) | Origin::Runtime);
    here.then(|| Place::Elsewhere(value.origin.to_string()))
}
