//! Merges the assignments of all sources: later ones override earlier ones, key by key.

use std::collections::{BTreeMap, BTreeSet};

use breaker_core::{SettingsLayer, SourcedSettings};

use crate::assignment::{Assignment, DEFAULTS};
use crate::environment::{self, ServiceMatch};
use crate::fault::Fault;
use crate::place::Place;
use crate::text::excerpt;

/// The assignments of all sources.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// The assignments of files, in their order.
    files: Vec<Assignment>,
    /// Every service that a file names, with its first place.
    services: BTreeMap<String, Place>,
    /// The assignments of variables. Service names are as the variables write them.
    pub(crate) variables: Vec<Assignment>,
}

impl Sources {
    pub(crate) fn add_file(&mut self, assignments: Vec<Assignment>, services: BTreeMap<String, Place>) {
        self.files.extend(assignments);
        for (service, place) in services {
            self.services.entry(service).or_insert(place);
        }
    }

    /// Merges the sources. The service of each variable is looked up among those of the files and of the registry.
    pub(crate) fn merge(&self, registered: &BTreeSet<String>) -> (MergedSources, Vec<Fault>) {
        let known = registered.iter().chain(self.services.keys()).cloned().collect();
        let mut merged = MergedSources { services: self.services.clone(), ..MergedSources::default() };
        self.files.iter().cloned().for_each(|assignment| merged.assign(assignment));
        let mut faults = Vec::new();
        let mut variables: BTreeMap<(String, &str), &Place> = BTreeMap::new();
        for variable in &self.variables {
            let service = match service_of(variable, &known) {
                Ok(service) => service,
                Err(fault) => {
                    faults.push(*fault);
                    continue;
                }
            };
            if let Some(before) = variables.insert((service.clone(), variable.key), &variable.place) {
                let allowed = format!("duplicate key, first set as {before}");
                let fault = Fault::new(variable.place.clone(), allowed, "unset one of them");
                faults.push(fault.about(&service, variable.key));
                continue;
            }
            if service != DEFAULTS {
                merged.services.entry(service.clone()).or_insert_with(|| variable.place.clone());
            }
            merged.assign(Assignment { service, ..variable.clone() });
        }
        (merged, faults)
    }
}

fn service_of(variable: &Assignment, known: &BTreeSet<String>) -> Result<String, Box<Fault>> {
    match environment::match_service(&variable.service, known) {
        ServiceMatch::Defaults => Ok(DEFAULTS.to_owned()),
        ServiceMatch::Known(name) => Ok(name.to_owned()),
        ServiceMatch::Unknown(name) => Ok(name),
        ServiceMatch::Ambiguous(names) => {
            let names: Vec<_> = names.into_iter().map(excerpt).collect();
            let allowed = format!("is ambiguous: it matches {}", names.join(", "));
            let fix = "use the exact name, or set the value in the file";
            Err(Fault::new(variable.place.clone(), allowed, fix).about(&variable.service, variable.key).into())
        }
    }
}

/// All sources merged, each service under its own name.
#[derive(Default)]
pub(crate) struct MergedSources {
    pub(crate) layer: SettingsLayer,
    /// The place of each key, by service.
    places: BTreeMap<String, BTreeMap<&'static str, Place>>,
    /// Every service that a source names, with its first place.
    pub(crate) services: BTreeMap<String, Place>,
}

impl MergedSources {
    /// Sets a key, overriding its earlier value.
    fn assign(&mut self, assignment: Assignment) {
        let Assignment { service, key, settings, place } = assignment;
        let below = if service == DEFAULTS {
            &mut self.layer.defaults
        } else {
            self.layer.services.entry(service.clone()).or_default()
        };
        *below = SourcedSettings::new(settings, |_| place.origin()).over(std::mem::take(below));
        self.places.entry(service).or_default().insert(key, place);
    }

    /// Returns the place at which a key is set in the entry of a service, or in [`DEFAULTS`].
    pub(crate) fn place_of(&self, service: &str, key: &str) -> Option<&Place> {
        self.places.get(service)?.get(key)
    }

    /// Returns the place of a key or, if it isn't set, the place that first names the service.
    pub(crate) fn nearest_place(&self, service: &str, key: &str) -> Place {
        let named = || self.services.get(service);
        self.place_of(service, key).or_else(named).cloned().unwrap_or_else(|| Place::Elsewhere("code".to_owned()))
    }
}
