//! All that is set for one service, the stronger source over the weaker one.

use breaker_keys::Value;

use crate::config::Config;
use crate::error::ConfigError;
use crate::settings::{FunctionTimeout, Origin, Settings, SettingsLayer, SourcedSettings};

/// What the code sets.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    /// For the service.
    pub(super) said: SourcedSettings,
    /// What functions set for themselves alone.
    pub(super) functions: Vec<FunctionTimeout>,
    /// Where its functions are that can't be cancelled.
    pub(super) plain_functions: Vec<String>,
}

/// What all sources set together.
pub(super) struct Laid {
    pub(super) said: SourcedSettings,
    functions: Vec<FunctionTimeout>,
    pub(super) plain_functions: Vec<String>,
    /// A source outside the code sets a `request_timeout` for the service by name: it holds for all functions.
    pub(super) functions_are_overridden: bool,
    /// The `fail_fast` that a source outside the code sets, and that would hold were it not compiled in.
    pub(super) fail_fast_outside: Option<(Value, Origin)>,
}

impl Laid {
    /// Run time over what files and the environment set for the service, over code, over what they set for all.
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

    /// The code, if nothing else is set.
    pub(super) fn alone(service: &str, code: &Code) -> Self {
        Self::new(service, Settings::NONE, &SettingsLayer::default(), code)
    }

    pub(super) fn resolve(&self) -> Result<Config, ConfigError> {
        self.said.settings().resolve_beside(&self.functions, self.functions_are_overridden)
    }

    /// Where a key is set.
    pub(super) fn place(&self, key: &str) -> String {
        self.said.origin(key).unwrap_or(&Origin::Default).to_string()
    }

    /// The functions whose own timeout holds.
    pub(super) fn own_timeouts(&self) -> &[FunctionTimeout] {
        if self.functions_are_overridden { &[] } else { &self.functions }
    }
}
