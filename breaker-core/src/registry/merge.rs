//! Merges the settings of several places in the code for one service. For each key, the first place in the order of
//! files and lines wins; a different value at another place is reported as a conflict.

use std::sync::Arc;

use breaker_keys::Value;

use super::laid::Code;
use crate::config::Config;
use crate::error::ConfigError;
use crate::event::{ConfiguredValue, Conflict, ConflictKind};
use crate::settings::{FunctionTimeout, Origin, Settings, SourcedSettings};
use crate::site::Site;

/// Code that asks for the breaker of a service.
pub(super) enum Asker<'a> {
    /// An annotated function.
    Site(&'static Site),
    /// A call of `get_or_create`: its configuration, and its place.
    ByHand(&'a Config, String),
    /// A call of `get_or_default`, which yields to all other code.
    Default(&'a Config, String),
}

/// The merged settings of the code for a service.
pub(super) struct Merged {
    pub(super) code: Code,
    pub(super) config: Config,
    pub(super) conflicts: Vec<Arc<Conflict>>,
    pub(super) place: String,
}

impl Asker<'_> {
    /// Merges the code's settings when the breaker is created: those of all annotated functions of the service, and
    /// those of the call that asks for it.
    pub(super) fn merge(&self, service: &str, sites: &[&'static Site]) -> Merged {
        match self {
            Self::ByHand(config, place) | Self::Default(config, place) if sites.is_empty() => {
                let config = Config::clone(config);
                let code = Code { said: self.said(), ..Code::default() };
                Merged { code, config, conflicts: Vec::new(), place: place.clone() }
            }
            Self::ByHand(..) => {
                let mut merged = self::sites(service, sites);
                merged.conflicts.extend(self.contradict(service, &merged.code.said, &merged.place));
                merged
            }
            Self::Site(_) | Self::Default(..) => self::sites(service, sites),
        }
    }

    /// Returns the conflicts of its settings with `code`. A key can't be added once the breaker exists, so one that
    /// `code` leaves out is a conflict, too, unless the code has that value already, for example by default.
    pub(super) fn contradict(&self, service: &str, code: &SourcedSettings, place: &str) -> Vec<Arc<Conflict>> {
        let asked = self.said();
        let mut conflicts = contradictions(service, code, &asked);
        let mut added = asked.settings().values().filter(|(key, _)| code.settings().get(key).is_none()).peekable();
        if added.peek().is_some() {
            let holds = code.settings().resolve().unwrap_or_default().settings();
            let changed = added.filter(|(key, value)| holds.get(key).unwrap_or(Value::Off) != *value);
            conflicts.extend(changed.map(|(key, value)| {
                // A function at that place may have its own timeout.
                let unset = if key.name == "request_timeout" { "not set for the service" } else { "not set" };
                let first = ConfiguredValue::new(unset, place);
                conflict(service, key.name, first, configured(&asked, key.name, value))
            }));
        }
        conflicts
    }

    /// Returns the timeout that a function sets for itself.
    pub(super) fn own_timeout(&self) -> Option<FunctionTimeout> {
        match self {
            Self::Site(site) => timeout_of(site),
            Self::ByHand(..) | Self::Default(..) => None,
        }
    }

    fn said(&self) -> SourcedSettings {
        match self {
            Self::Site(site) => of_site(site),
            Self::ByHand(config, place) | Self::Default(config, place) => {
                SourcedSettings::new(config.said().clone(), |_| Origin::Code(place.clone()))
            }
        }
    }
}

/// Merges the settings of the annotated functions of one service. Each is compared with the result so far, not with
/// every other.
fn sites(service: &str, sites: &[&'static Site]) -> Merged {
    let mut said = SourcedSettings::default();
    let mut conflicts = Vec::new();
    for site in sites {
        let theirs = of_site(site);
        conflicts.extend(contradictions(service, &said, &theirs));
        said = said.over(theirs);
    }
    let place = sites.first().map(|site| site.location().to_string()).unwrap_or_default();
    let mut functions: Vec<_> = sites.iter().filter_map(|site| timeout_of(site)).collect();
    let config = said.settings().resolve_beside(&functions, false).unwrap_or_else(|error| {
        // Each function is valid by itself, but not together with the others: only the settings of the first are used.
        conflicts.extend(together(service, sites, &error));
        said = sites.first().map(|site| of_site(site)).unwrap_or_default();
        for function in &mut functions {
            function.fits_code = function.fault(said.settings()).is_none();
        }
        said.settings().resolve_beside(&functions, false).unwrap_or_default()
    });
    let plain_functions = sites.iter().filter_map(|site| plain_place(site)).collect();
    Merged { code: Code { said, functions, plain_functions }, config, conflicts, place }
}

/// Returns the settings of a function for its service: all but its `request_timeout`, which applies to the function
/// alone.
fn of_site(site: &Site) -> SourcedSettings {
    SourcedSettings::new(site.settings(), |_| Origin::Code(site.location().to_string())).without("request_timeout")
}

/// Adds the timeout of a function that was loaded after the breaker was created. Returns the conflict if it doesn't fit
/// the service.
pub(super) fn add_late(service: &str, code: &mut Code, mut function: FunctionTimeout) -> Option<Arc<Conflict>> {
    let fault = function.fault(code.said.settings());
    function.fits_code = fault.is_none();
    let place = function.place.clone();
    code.functions.push(function);
    let fault = fault?;
    let first = ConfiguredValue::new(fault.value.clone(), code.said.origin(&fault.key)?.to_string());
    Some(conflict(service, "slow_call_duration", first, ConfiguredValue::new(fault.to_string(), place)))
}

/// Returns the place of a function that can't be cancelled.
pub(super) fn plain_place(site: &Site) -> Option<String> {
    site.is_plain().then(|| site.location().to_string())
}

fn timeout_of(site: &Site) -> Option<FunctionTimeout> {
    let key = breaker_keys::setting("request_timeout").ok()?;
    let timeout = site.settings().get(key)?;
    Some(FunctionTimeout { timeout, place: site.location().to_string(), fits_code: true })
}

/// Returns a conflict for each key that both set, to different values. Both places may be the same, if its code runs
/// twice.
fn contradictions(service: &str, first: &SourcedSettings, second: &SourcedSettings) -> Vec<Arc<Conflict>> {
    let theirs = second.settings().values();
    let found = theirs.filter_map(|(key, value)| {
        let held = first.settings().get(key).filter(|held| *held != value)?;
        Some(conflict(service, key.name, configured(first, key.name, held), configured(second, key.name, value)))
    });
    found.collect()
}

fn configured(said: &SourcedSettings, key: &str, value: Value) -> ConfiguredValue {
    let place = said.origin(key).map(Origin::to_string).unwrap_or_default();
    ConfiguredValue { value: value.to_string(), place }
}

fn conflict(service: &str, key: &'static str, first: ConfiguredValue, second: ConfiguredValue) -> Arc<Conflict> {
    Arc::new(Conflict {
        kind: ConflictKind::DifferentValues,
        service: service.to_owned(),
        key,
        first,
        second,
        count: 1,
    })
}

fn together(service: &str, sites: &[&'static Site], error: &ConfigError) -> Vec<Arc<Conflict>> {
    let (Some(first), Some(last)) = (sites.first(), sites.last()) else { return Vec::new() };
    let known = |key: &str| Settings::KEYS.iter().find(|known| **known == key).copied().unwrap_or("service");
    let faults = error.faults().iter().map(|fault| {
        let alone = "this function's settings alone".to_owned();
        let first = ConfiguredValue { value: alone, place: first.location().to_string() };
        let last = ConfiguredValue { value: fault.to_string(), place: last.location().to_string() };
        conflict(service, known(&fault.key), first, last)
    });
    faults.collect()
}

#[cfg(all(test, not(loom)))]
#[path = "merge_tests.rs"]
mod tests;
