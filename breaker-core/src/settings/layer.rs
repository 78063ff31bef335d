//! The settings of files and the environment, which override the code or fill in what it does not set.

use std::collections::BTreeMap;

use super::sourced::SourcedSettings;

/// The settings of sources outside the code: for all services, and for some by name.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SettingsLayer {
    /// Settings for all services, for keys that neither the code, nor a preset of the service, nor `services` set.
    pub defaults: SourcedSettings,
    /// Settings for services by name, which override the code.
    pub services: BTreeMap<String, SourcedSettings>,
}

impl SettingsLayer {
    /// Returns the settings for one service, including the defaults. The settings of the code, which override the
    /// defaults, are not included.
    #[must_use]
    pub fn settings_for(&self, service: &str) -> SourcedSettings {
        let named = self.services.get(service).cloned().unwrap_or_default();
        named.over(self.defaults.clone())
    }
}
