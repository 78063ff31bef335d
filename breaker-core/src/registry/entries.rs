//! The state of a registry, under its lock: the breakers, and the settings of each source.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conflicts::Conflicts;
use super::laid::{Code, Laid};
use super::merge::{self, Asker};
use super::names;
use crate::breaker::CircuitBreaker;
use crate::by_name::ByName;
use crate::config::Config;
use crate::error::{ConfigError, ConfigFault};
use crate::event::{BadConfiguration, Conflict, PlacedFault};
use crate::settings::{Settings, SettingsLayer, SourcedSettings};
use crate::site::Site;

#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) breakers: BTreeMap<String, Entry>,
    /// The settings of files and the environment.
    pub(super) layer: SettingsLayer,
    /// Settings applied at run time, including those for services that no code names yet.
    pub(super) applied: ByName<String, Settings>,
    /// Services that no code named when a health check was registered for them, with the place of the registration.
    pub(super) checks: ByName<String, String>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) breaker: CircuitBreaker,
    pub(super) code: Code,
    pub(super) conflicts: Conflicts,
    /// The conflicts of its current configuration.
    pub(super) standing: Vec<Arc<Conflict>>,
    /// Whether the missing health check was reported.
    #[cfg(feature = "tokio")]
    pub(super) is_missing_check_told: bool,
    pub(super) place: String,
    /// The annotated functions whose settings are merged in `code`.
    pub(super) sites: Vec<&'static Site>,
}

/// A configuration, with its merged settings and its conflicts.
pub(super) struct Resolved {
    pub(super) laid: Laid,
    pub(super) config: Config,
    pub(super) standing: Vec<Arc<Conflict>>,
}

impl Entries {
    /// Returns the settings in force for a service. Settings that were given before the code was known, and that don't
    /// fit it, are left out.
    pub(super) fn holding(&self, service: &str) -> Laid {
        let code = self.code(service);
        let all = self.over(service, &code);
        if all.resolve().is_ok() { all } else { Laid::alone(service, &code) }
    }

    /// Returns all settings for a service over the given settings of the code.
    pub(super) fn over(&self, service: &str, code: &Code) -> Laid {
        Laid::new(service, self.applied(service), &self.layer, code)
    }

    /// Returns all settings for a service as if these were applied.
    pub(super) fn under(&self, service: &str, applied: Settings) -> Laid {
        Laid::new(service, applied, &self.layer, &self.code(service))
    }

    fn code(&self, service: &str) -> Code {
        self.breakers.get(service).map(|entry| entry.code.clone()).unwrap_or_default()
    }

    fn applied(&self, service: &str) -> Settings {
        self.applied.get(service).cloned().unwrap_or(Settings::NONE)
    }

    /// Returns the configuration of each breaker under this layer, in the order of their names, with its conflicts; or
    /// the errors of all services, including those that no code names yet.
    pub(super) fn resolve(&self, layer: &SettingsLayer) -> Result<Vec<Resolved>, Vec<ConfigError>> {
        let resolve = |service: &String| {
            let laid = Laid::new(service, self.applied(service), layer, &self.code(service));
            let config = laid.resolve().map_err(|error| error.for_service(service.as_str()))?;
            let standing = laid.standing(service, &config);
            Ok(Resolved { laid, config, standing })
        };
        let (configs, errors): (Vec<_>, Vec<_>) = self.breakers.keys().map(resolve).partition(Result::is_ok);
        let unnamed = layer.services.keys().filter(|service| !self.breakers.contains_key(*service));
        let misnamed = layer.services.keys().filter_map(|service| names::check(service).err());
        let errors = errors.into_iter().chain(unnamed.map(resolve)).filter_map(Result::err);
        let errors: Vec<_> = misnamed.chain(errors).collect();
        if errors.is_empty() { Ok(configs.into_iter().flatten().collect()) } else { Err(errors) }
    }
}

/// Returns the event for settings that don't fit the code, with the places of the keys.
pub(super) fn misfit(service: &str, said: &SourcedSettings, error: &ConfigError) -> BadConfiguration {
    let place_of = |fault: &ConfigFault| {
        let keys = [Some(fault.key.as_str()), fault.against].into_iter().flatten();
        let places: Vec<_> = keys.filter_map(|key| Some(format!("{key}: {}", said.origin(key)?))).collect();
        places.join(", ")
    };
    let faults: Vec<_> = error
        .faults()
        .iter()
        .map(|fault| PlacedFault::new(fault.clone()).of_service(service).at(place_of(fault)))
        .collect();
    let lines: Vec<_> = error.faults().iter().map(|fault| format!("{fault} ({})", place_of(fault))).collect();
    let message = "settings given before the code was known don't fit the code; only the code's settings are used";
    BadConfiguration::new(format!("{message}: {}", lines.join(" | "))).with_faults(faults)
}

impl Entry {
    /// Adds the conflicts between this place in the code and the settings of the code so far, and returns the new ones.
    /// Functions that are already merged have none.
    pub(super) fn contradict(&mut self, service: &str, asker: &Asker<'_>) -> Vec<Arc<Conflict>> {
        match asker {
            Asker::Site(site) if self.sites.iter().any(|merged| std::ptr::eq(*merged, *site)) => return Vec::new(),
            Asker::Site(site) => {
                self.sites.push(site);
                self.code.plain_functions.extend(merge::plain_place(site));
            }
            Asker::Default(..) => return Vec::new(),
            Asker::ByHand(..) => {}
        }
        let mut found = asker.contradict(service, &self.code.said, &self.place);
        found.extend(asker.own_timeout().and_then(|own| merge::add_late(service, &mut self.code, own)));
        let found = found.into_iter();
        found.filter_map(|conflict| self.conflicts.add(conflict)).collect()
    }
}
