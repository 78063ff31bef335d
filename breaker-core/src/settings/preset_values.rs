//! The values of each preset.

use super::fields::Settings;
use super::preset::Preset;

impl Preset {
    /// Returns the settings of this preset.
    ///
    /// ```
    /// use breaker_core::Preset;
    ///
    /// assert_eq!(Preset::Cache.settings().failure_threshold, Some(10));
    /// ```
    #[must_use]
    pub fn settings(self) -> Settings {
        let mut settings = Settings::NONE;
        for key in breaker_keys::settings() {
            if let Some((_, value)) = key.presets.iter().find(|(preset, _)| *preset == self.as_str()) {
                settings.set(key, *value);
            }
        }
        settings
    }
}
