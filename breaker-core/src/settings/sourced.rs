//! Settings with the places where they are set, including overridden ones.

use breaker_keys::Value;

use super::fields::Settings;
use super::origin::Origin;
use super::preset::Preset;
use crate::by_name::ByName;

/// Settings with the origin of each key.
///
/// ```
/// use breaker_core::{Origin, Settings, SourcedSettings};
///
/// let file = Settings { failure_threshold: Some(9), ..Settings::NONE };
/// let sourced = SourcedSettings::new(file, |key| Origin::File(format!("breakers.yaml, {key}")));
/// assert_eq!(sourced.origin("failure_threshold"), Some(&Origin::File("breakers.yaml, failure_threshold".into())));
/// assert_eq!(sourced.origin("window"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourcedSettings {
    settings: Settings,
    chains: ByName<&'static str, Chain>,
}

/// All values of one key with their origins, strongest first; at least one.
type Chain = Vec<(Value, Origin)>;

impl SourcedSettings {
    /// Creates sourced settings. `origin` is called once for each key that is set.
    pub fn new(settings: Settings, mut origin: impl FnMut(&'static str) -> Origin) -> Self {
        let mut chains = ByName::default();
        for (key, value) in settings.values() {
            chains.insert(key.name, vec![(value, origin(key.name))]);
        }
        Self { settings, chains }
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns where a key is set, if it is.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.chain(key).first().map(|(_, origin)| origin)
    }

    /// Merges two settings like [`Settings::over`]. Overridden values are kept, with their origins.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        let mut chains = other.chains;
        for (key, mut chain) in self.chains {
            chain.extend(chains.remove(key).unwrap_or_default());
            chains.insert(key, chain);
        }
        Self { settings: self.settings.over(other.settings), chains }
    }

    /// Merges like [`over`](Self::over), if `self` is the stronger source as a whole. If `self` sets a `slow_call_rate`
    /// but no `slow_call_duration`, and `weaker` switches the duration off, then the duration is removed, so that the
    /// rate is not switched off with it.
    pub(crate) fn over_weaker(self, weaker: Self) -> Self {
        let set = |settings: &Self, key: &str| settings.chain(key).first().map(|(value, _)| *value);
        let asks = set(&self, "slow_call_rate").is_some_and(|rate| rate != Value::Off);
        let lacks =
            set(&self, "slow_call_duration").is_none() && set(&weaker, "slow_call_duration") == Some(Value::Off);
        let all = self.over(weaker);
        if asks && lacks { all.without("slow_call_duration") } else { all }
    }

    /// Removes a key.
    pub(crate) fn without(mut self, key: &'static str) -> Self {
        if let Ok(key) = breaker_keys::setting(key) {
            self.settings.unset(key);
        }
        self.chains.remove(key);
        self
    }

    /// Returns all values of a key, strongest first; empty if it is not set.
    pub(crate) fn chain(&self, key: &str) -> &[(Value, Origin)] {
        self.chains.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the origin of each key, in the order of the keys' names.
    pub(crate) fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.chains.iter().filter_map(|(_, chain)| Some(&chain.first()?.1))
    }

    /// Merges the settings of one service over the defaults of all services. A preset of the service overrides the
    /// defaults. A preset among the defaults is the weakest source: keys that are set beside it override it.
    ///
    /// Keys whose value comes from a preset are removed from the settings; [`Settings::resolve`] fills them in.
    pub(crate) fn over_defaults(self, defaults: Self) -> Self {
        let of = |preset: Preset| Self::new(preset.settings(), |_| Origin::Preset(preset));
        let mut all = match (self.settings.preset, defaults.settings.preset) {
            (Some(preset), _) => self.over_weaker(of(preset).over(defaults)),
            (None, Some(preset)) => self.over_weaker(defaults.over(of(preset))),
            (None, None) => self.over_weaker(defaults),
        };
        for key in breaker_keys::settings() {
            if matches!(all.origin(key.name), Some(Origin::Preset(_))) {
                all.settings.unset(key);
            }
        }
        all
    }

    /// Sets `fail_fast` to the code's value, whatever else is set, presets included, because it is compiled into the
    /// functions.
    pub(crate) fn with_fail_fast_of(mut self, code: &Self) -> Self {
        let of_preset = code.settings.preset.and_then(|preset| Some((preset.settings().fail_fast?, preset)));
        let (value, origin) = match (code.settings.fail_fast, code.origin("fail_fast"), of_preset) {
            (Some(value), Some(origin), _) => (value, origin.clone()),
            (_, _, Some((value, preset))) => (value, Origin::Preset(preset)),
            _ => (true, Origin::Default),
        };
        self.settings.fail_fast = Some(value);
        let mut chain = self.chains.remove("fail_fast").unwrap_or_default();
        chain.retain(|(_, other)| *other != origin);
        chain.insert(0, (Value::Flag(value), origin));
        self.chains.insert("fail_fast", chain);
        self
    }
}
