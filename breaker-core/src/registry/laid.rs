//! The settings of all sources for one service, merged by precedence.

use breaker_keys::Value;

use crate::config::Config;
use crate::error::ConfigError;
use crate::settings::{FunctionTimeout, Origin, Settings, SettingsLayer, SourcedSettings};

/// The settings of the code.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    /// The settings of the service.
    pub(super) said: SourcedSettings,
    /// The timeouts that functions set for themselves.
    pub(super) functions: Vec<FunctionTimeout>,
    /// The places of its functions that can't be cancelled.
    pub(super) plain_functions: Vec<String>,
}

/// The merged settings of all sources.
pub(super) struct Laid {
    pub(super) said: SourcedSettings,
    functions: Vec<FunctionTimeout>,
    pub(super) plain_functions: Vec<String>,
    /// Whether a source outside the code sets a `request_timeout` for the service by name, which applies to all its
    /// functions.
    pub(super) functions_are_overridden: bool,
    /// The `fail_fast` that a source outside the code sets. It has no effect, because the code's value is compiled in.
    pub(super) fail_fast_outside: Option<(Value, Origin)>,
}

impl Laid {
    /// Merges, strongest first: run time; files and the environment for this service; the code; their defaults for all
    /// services.
    pub(super) fn new(service: &str, applied: Settings, layer: &SettingsLayer, code: &Code) -> Self {
        let applied = SourcedSettings::new(applied, |_| Origin::Runtime);
        let outside = applied.over_weaker(layer.services.get(service).cloned().unwrap_or_default());
        let functions_are_overridden = outside.origin("request_timeout").is_some();
        let fail_fast = |said: &SourcedSettings| said.chain("fail_fast").first().cloned();
        let mut fail_fast_outside = fail_fast(&outside);
        let mut of_code = code.said.clone();
        if functions_are_overridden {
            of_code = code.functions.iter().rev().fold(of_code, |below, function| function.sourced().over(below));
        }
        let specific = outside.over_weaker(of_code);
        let said = specific.over_defaults(layer.defaults.clone()).with_fail_fast_of(&code.said);
        if said.origin("fail_fast") == Some(&Origin::Default) {
            fail_fast_outside = fail_fast_outside.or_else(|| fail_fast(&layer.defaults));
        }
        let (functions, plain_functions) = (code.functions.clone(), code.plain_functions.clone());
        Self { said, functions, plain_functions, functions_are_overridden, fail_fast_outside }
    }

    /// Returns the settings of the code alone.
    pub(super) fn alone(service: &str, code: &Code) -> Self {
        Self::new(service, Settings::NONE, &SettingsLayer::default(), code)
    }

    pub(super) fn resolve(&self) -> Result<Config, ConfigError> {
        self.said.settings().resolve_beside(&self.functions, self.functions_are_overridden)
    }

    /// Returns where a key is set.
    pub(super) fn place(&self, key: &str) -> String {
        self.said.origin(key).unwrap_or(&Origin::Default).to_string()
    }

    /// Returns the functions whose own timeout is in force.
    pub(super) fn own_timeouts(&self) -> &[FunctionTimeout] {
        if self.functions_are_overridden { &[] } else { &self.functions }
    }
}
