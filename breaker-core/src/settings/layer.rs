//! The layer that files and the environment lay over and below the code.

use std::collections::BTreeMap;

use super::sourced::SourcedSettings;

/// What sources outside the code say: about every service, and about some by name.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SettingsLayer {
    /// For every service, where nothing more specific sets the key: neither the code, nor a preset of the service, nor
    /// `services`.
    pub defaults: SourcedSettings,
    /// For services by name, over what the code sets.
    pub services: BTreeMap<String, SourcedSettings>,
}

impl SettingsLayer {
    /// What it sets for one service, the defaults included. What the code sets lies between the two, and is not part of it.
    #[must_use]
    pub fn settings_for(&self, service: &str) -> SourcedSettings {
        let named = self.services.get(service).cloned().unwrap_or_default();
        named.over(self.defaults.clone())
    }
}
