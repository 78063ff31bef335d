//! What a registry keeps, under its lock: the breakers, and what each source says about them.

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
    /// What files and the environment say.
    pub(super) layer: SettingsLayer,
    /// What was said at run time, also about services that no code has named yet.
    pub(super) applied: ByName<String, Settings>,
    /// Services that no code had named when a health check was registered for them, with the place of that.
    pub(super) checks: ByName<String, String>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) breaker: CircuitBreaker,
    pub(super) code: Code,
    pub(super) conflicts: Conflicts,
    /// Those of its present configuration.
    pub(super) standing: Vec<Arc<Conflict>>,
    /// It was told that the service has no health check.
    #[cfg(feature = "tokio")]
    pub(super) is_missing_check_told: bool,
    pub(super) place: String,
    /// The annotated functions that `code` is merged of.
    pub(super) sites: Vec<&'static Site>,
}

/// A configuration, with what it is made of and the conflicts that it brings.
pub(super) struct Resolved {
    pub(super) laid: Laid,
    pub(super) config: Config,
    pub(super) standing: Vec<Arc<Conflict>>,
}

impl Entries {
    /// All that holds about a service: what was set early and doesn't fit the code has no effect.
    pub(super) fn holding(&self, service: &str) -> Laid {
        let code = self.code(service);
        let all = self.over(service, &code);
        if all.resolve().is_ok() { all } else { Laid::alone(service, &code) }
    }

    /// All that is set for a service, were this what the code sets.
    pub(super) fn over(&self, service: &str, code: &Code) -> Laid {
        Laid::new(service, self.applied(service), &self.layer, code)
    }

    /// The same, were these applied.
    pub(super) fn under(&self, service: &str, applied: Settings) -> Laid {
        Laid::new(service, applied, &self.layer, &self.code(service))
    }

    fn code(&self, service: &str) -> Code {
        self.breakers.get(service).map(|entry| entry.code.clone()).unwrap_or_default()
    }

    fn applied(&self, service: &str) -> Settings {
        self.applied.get(service).cloned().unwrap_or(Settings::NONE)
    }

    /// The configuration of each breaker under this layer, in the order of their names, with its conflicts; or
    /// what is wrong with those, and with services that no code has named yet.
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

/// What doesn't fit together, with the places of the keys.
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
    let message = "what was said before doesn't fit the code, which holds alone";
    BadConfiguration::new(format!("{message}: {}", lines.join(" | "))).with_faults(faults)
}

impl Entry {
    /// What the code sets differently, at another place or later: what of it is news. Functions that were merged have had
    /// theirs.
    pub(super) fn contradict(&mut self, service: &str, asker: &Asker<'_>) -> Vec<Arc<Conflict>> {
        match asker {
            Asker::Site(site) if self.sites.iter().any(|merged| std::ptr::eq(*merged, *site)) => return Vec::new(),
            Asker::Site(site) => {
                self.sites.push(site);
                self.code.plain_functions.extend(merge::plain_place(site));
            }
            Asker::ByHand(..) => {}
        }
        let mut found = asker.contradict(service, &self.code.said, &self.place);
        found.extend(asker.own_timeout().and_then(|own| merge::add_late(service, &mut self.code, own)));
        let found = found.into_iter();
        found.filter_map(|conflict| self.conflicts.add(conflict)).collect()
    }
}
