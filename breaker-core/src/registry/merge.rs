//! What several places in the code say about one service. The first in the order of files and lines holds, key by
//! key; a second value for a key is a conflict, never a choice made in silence.

use std::sync::Arc;

use crate::config::Config;
use crate::event::{ConfiguredValue, Conflict};
use crate::settings::{Origin, Settings, SourcedSettings};
use crate::site::Site;

/// What the code says about a service.
pub(super) struct Merged {
    pub(super) said: SourcedSettings,
    pub(super) config: Config,
    pub(super) conflicts: Vec<Arc<Conflict>>,
    pub(super) place: String,
}

/// What the annotated functions of one service say together.
pub(super) fn sites(sites: &[&'static Site]) -> Merged {
    let mut said = SourcedSettings::default();
    let mut conflicts = Vec::new();
    for (index, site) in sites.iter().enumerate() {
        let place = site.location().to_string();
        for earlier in &sites[..index] {
            for conflict in contradictions(
                site.service(),
                (earlier.settings(), &earlier.location().to_string()),
                (site.settings(), &place),
            ) {
                // A third function that repeats the second one's value is in conflict with the first alone.
                if !conflicts
                    .iter()
                    .any(|known: &Arc<Conflict>| known.key == conflict.key && known.second == conflict.second)
                {
                    conflicts.push(conflict);
                }
            }
        }
        said = said.over(of_site(site));
    }
    let place = sites.first().map(|site| site.location().to_string()).unwrap_or_default();
    let config = said.settings().resolve().unwrap_or_else(|error| {
        // Each function is right by itself, but not with what another one says: the first one holds alone.
        conflicts.extend(together(sites, &error));
        said = sites.first().map(|site| of_site(site)).unwrap_or_default();
        said.settings().resolve().unwrap_or_default()
    });
    Merged { said, config, conflicts, place }
}

fn of_site(site: &Site) -> SourcedSettings {
    SourcedSettings::new(site.settings().clone(), |_| Origin::Code(site.location().to_string()))
}

/// The same, where code asks for a breaker with a configuration of its own.
pub(super) fn with_config(sites: &[&'static Site], service: &str, config: &Config, place: &str) -> Merged {
    let settings = config.said().clone();
    if sites.is_empty() {
        let said = SourcedSettings::new(settings, |_| Origin::Code(place.to_owned()));
        return Merged { said, config: config.clone(), conflicts: Vec::new(), place: place.to_owned() };
    }
    let mut merged = self::sites(sites);
    merged.conflicts.extend(contradictions(service, (merged.said.settings(), &merged.place), (&settings, place)));
    merged
}

/// Keys to which both give a value, and not the same. Both may be said at one place, which runs twice.
pub(super) fn contradictions(service: &str, first: (&Settings, &str), second: (&Settings, &str)) -> Vec<Arc<Conflict>> {
    let theirs = first.0.entries();
    second
        .0
        .entries()
        .into_iter()
        .filter_map(|(key, value)| {
            let (_, other) = theirs.iter().find(|(known, _)| *known == key)?;
            (*other != value).then(|| {
                Arc::new(Conflict {
                    service: service.to_owned(),
                    key,
                    first: ConfiguredValue { value: other.clone(), place: first.1.to_owned() },
                    second: ConfiguredValue { value, place: second.1.to_owned() },
                    count: 1,
                })
            })
        })
        .collect()
}

fn together(sites: &[&'static Site], error: &crate::error::ConfigError) -> Vec<Arc<Conflict>> {
    let (Some(first), Some(last)) = (sites.first(), sites.last()) else { return Vec::new() };
    let known = |key: &str| Settings::KEYS.iter().find(|known| **known == key).copied().unwrap_or("service");
    error
        .faults()
        .iter()
        .map(|fault| {
            Arc::new(Conflict {
                service: first.service().to_owned(),
                key: known(&fault.key),
                first: ConfiguredValue {
                    value: "this function's settings alone".into(),
                    place: first.location().to_string(),
                },
                second: ConfiguredValue { value: fault.to_string(), place: last.location().to_string() },
                count: 1,
            })
        })
        .collect()
}

#[cfg(all(test, not(loom)))]
#[path = "merge_tests.rs"]
mod tests;
