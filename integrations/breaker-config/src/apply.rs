//! What all sources say together: laid over each other, checked, and handed to a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use breaker_core::{ConfigError, ConfigFault, Origin, Registry, Settings, SettingsLayer, SourcedSettings};

use crate::environment::{self, Meant};
use crate::fault::{Error, Fault, Place, shown};
use crate::log;
use crate::read::{DEFAULTS, Said};
use crate::report::{Report, Warning};

/// What files and variables say, checked as far as it can be without a registry.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// From files, later ones last.
    said: Vec<Said>,
    services: BTreeMap<String, Place>,
    /// From variables, with services as those write them.
    pub(crate) variables: Vec<Said>,
}

impl Configuration {
    pub(crate) fn add(&mut self, said: Vec<Said>, services: BTreeMap<String, Place>) {
        self.said.extend(said);
        for (service, place) in services {
            self.services.entry(service).or_insert(place);
        }
    }

    /// What is wrong whatever the code says: values out of range, and keys that contradict each other.
    pub(crate) fn check(&self) -> Vec<Fault> {
        let (plan, mut faults) = self.plan(&BTreeSet::new());
        let layer = &plan.layer;
        let mut known = BTreeSet::new();
        let defaults = (DEFAULTS, layer.defaults.clone());
        let services = layer.services.keys().map(|service| (service.as_str(), layer.settings_for(service)));
        for (service, said) in [defaults].into_iter().chain(services) {
            for fault in faults_of(&said) {
                let place = plan.place(service, &fault.key);
                // What the defaults alone have wrong is not said again for each service.
                if known.insert((place.clone(), fault.to_string())) {
                    faults.push(Fault::of_core(place, service, &fault));
                }
            }
        }
        faults
    }

    /// Lays what was read over the code of all services in `registry`, at once; what was laid over it before is replaced.
    /// Breakers keep their state and counters. May be called again, and for several registries.
    ///
    /// The report has a warning for each service that is configured here but that no code names (yet); with the feature
    /// `tracing` each is logged, too.
    ///
    /// # Errors
    /// What doesn't fit the code, all of it; then nothing changes.
    pub fn apply_to(&self, registry: &Registry) -> Result<Report, Error> {
        let named: BTreeSet<String> = registry.breakers().iter().map(|breaker| breaker.service().to_owned()).collect();
        let (plan, faults) = self.plan(&named);
        Error::check(faults)?;
        registry.configure(plan.layer.clone()).map_err(|errors| plan.misfits(registry, &errors))?;
        let strangers = plan.services.iter().filter(|(service, _)| !named.contains(*service));
        // `default:` is no service, but reads like one.
        let known = || named.iter().map(String::as_str).chain([DEFAULTS]);
        let warnings = strangers.map(|(service, place)| Warning::new(place, service, known())).collect();
        let report = Report { warnings };
        report.warnings.iter().for_each(log::warning);
        Ok(report)
    }

    /// Finds the service that each variable means, among those that files and the registry know.
    fn plan(&self, named: &BTreeSet<String>) -> (Plan, Vec<Fault>) {
        let known = named.iter().chain(self.services.keys()).cloned().collect();
        let mut plan = Plan { services: self.services.clone(), ..Plan::default() };
        self.said.iter().cloned().for_each(|said| plan.say(said));
        let mut faults = Vec::new();
        let mut variables: BTreeMap<(String, &str), &Place> = BTreeMap::new();
        for said in &self.variables {
            let service = match environment::meant(&said.service, &known) {
                Meant::Defaults => DEFAULTS.to_owned(),
                Meant::Service(name) => name.to_owned(),
                Meant::Stranger(name) => name,
                Meant::Several(names) => {
                    let names: Vec<_> = names.into_iter().map(shown).collect();
                    let allowed = format!("may mean each of {}", names.join(", "));
                    let fix = "write the name as the file has it, or say it in the file";
                    faults.push(Fault::new(said.place.clone(), allowed, fix).about(&said.service, said.key));
                    continue;
                }
            };
            if let Some(before) = variables.insert((service.clone(), said.key), &said.place) {
                let allowed = format!("is there twice, first as {before}");
                let fault = Fault::new(said.place.clone(), allowed, "unset one of them");
                faults.push(fault.about(&service, said.key));
                continue;
            }
            if service != DEFAULTS {
                plan.services.entry(service.clone()).or_insert_with(|| said.place.clone());
            }
            plan.say(Said { service, ..said.clone() });
        }
        (plan, faults)
    }
}

/// The same, where every service has its own name.
#[derive(Default)]
struct Plan {
    layer: SettingsLayer,
    /// Where it is said: service, key, place.
    places: BTreeMap<String, BTreeMap<&'static str, Place>>,
    /// All that are named, with the first place.
    services: BTreeMap<String, Place>,
}

impl Plan {
    /// Lays one key over what was said before.
    fn say(&mut self, said: Said) {
        let Said { service, key, settings, place } = said;
        let below = if service == DEFAULTS {
            &mut self.layer.defaults
        } else {
            self.layer.services.entry(service.clone()).or_default()
        };
        *below = SourcedSettings::new(settings, |_| place.origin()).over(std::mem::take(below));
        self.places.entry(service).or_default().insert(key, place);
    }

    /// Where a key is said: about the service, or by default.
    fn said_at(&self, service: &str, key: &str) -> Option<&Place> {
        [service, DEFAULTS].into_iter().find_map(|of| self.places.get(of)?.get(key))
    }

    fn place(&self, service: &str, key: &str) -> Place {
        let named = || self.services.get(service);
        self.said_at(service, key).or_else(named).cloned().unwrap_or_else(|| Place::Elsewhere("code".to_owned()))
    }

    /// What the core has against it, each fault with the place of its key.
    fn misfits(&self, registry: &Registry, errors: &[ConfigError]) -> Error {
        let mut faults = Vec::new();
        for error in errors {
            let service = error.service().unwrap_or(DEFAULTS);
            let said_at = |key: &str| self.said_at(service, key).cloned().or_else(|| in_code(registry, service, key));
            for fault in error.faults() {
                let place = said_at(&fault.key).unwrap_or_else(|| self.place(service, &fault.key));
                let mut told = Fault::of_core(place, service, fault);
                let against = fault.against.and_then(|key| Some((key, said_at(key)?)));
                // Of two keys in one source the place of one is enough.
                if let Some((key, place)) = against.filter(|(_, place)| place.is_code() != told.place.is_code()) {
                    told.allowed = format!("{} ({key} at {place})", told.allowed);
                }
                faults.push(told);
            }
        }
        Error::new(faults)
    }
}

/// Where code says a key that a file contradicts.
fn in_code(registry: &Registry, service: &str, key: &str) -> Option<Place> {
    let explanation = registry.explain(service)?;
    let value = explanation.values.into_iter().find(|value| value.key == key)?;
    // Files and variables said it in what is replaced, which is no place to look at now.
    let here = matches!(value.origin, Origin::Code(_) | Origin::Runtime);
    here.then(|| Place::Elsewhere(value.origin.to_string()))
}

/// Code may say what slow is, and only that can mend what is said: without it, it is taken as said.
pub(crate) fn faults_of(said: &SourcedSettings) -> Vec<ConfigFault> {
    let slow = Settings { slow_call_duration: Some(Duration::from_nanos(1)), ..Settings::NONE };
    let Err(error) = said.settings().clone().over(slow).resolve() else { return Vec::new() };
    error.faults().iter().filter(|fault| said.origin(&fault.key).is_some()).cloned().collect()
}
