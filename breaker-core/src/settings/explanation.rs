//! The configuration in force for a service, with the origin of each value.

use std::fmt;
use std::time::Duration;

use breaker_keys::{DefaultValue, Key, Value};

use super::fields::Settings;
use super::functions::FunctionTimeout;
use super::origin::Origin;
use super::sourced::SourcedSettings;

/// The configuration in force for one service, each value with its origin and the values that it overrides. It is
/// displayed as a table. More fields may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Explanation {
    /// The service.
    pub service: String,
    /// Every key that has a value, in the order of [`Settings::KEYS`](crate::Settings::KEYS). The service's
    /// `request_timeout` is followed by those of annotated functions that set their own, each with the place of its
    /// function; they are left out if the service's applies to all functions.
    pub values: Vec<ExplainedValue>,
}

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ExplainedValue {
    /// The key.
    pub key: &'static str,
    /// The value, as it is written in a file.
    pub value: String,
    /// Where it is set.
    pub origin: Origin,
    /// Whether the value belongs to the annotated function at `origin`, and not to the service.
    pub of_function: bool,
    /// The values of weaker sources, strongest first. The last is the default, if the key has the same default for
    /// every service.
    pub overridden: Vec<OverriddenValue>,
}

/// A value that a stronger source overrides, and its origin. More fields may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OverriddenValue {
    /// The value, as it is written in a file.
    pub value: String,
    /// Where it is set.
    pub origin: Origin,
}

impl OverriddenValue {
    fn new(value: Value, origin: Origin) -> Self {
        Self { value: value.to_string(), origin }
    }
}

impl Explanation {
    /// `lease` is the current lease of a probe, which may have grown.
    pub(crate) fn of(
        service: &str,
        said: &SourcedSettings,
        in_force: &Settings,
        functions: &[FunctionTimeout],
        lease: Duration,
    ) -> Self {
        let mut values = Vec::new();
        for key in breaker_keys::settings() {
            let of_service = in_force.get(key).map(|value| ExplainedValue::of(key, value, said));
            if key.name == "request_timeout" {
                let own =
                    functions.iter().map(|function| ExplainedValue::of_function(key, function, of_service.as_ref()));
                let own: Vec<_> = own.collect();
                values.extend(of_service.into_iter().chain(own));
            } else {
                values.extend(of_service);
            }
        }
        let at_first = values.iter_mut().find(|value| value.key == "half_open_timeout");
        if let Some(at_first) = at_first.filter(|_| in_force.half_open_timeout.is_some_and(|at_first| lease > at_first))
        {
            at_first.overridden_by(Value::Duration(lease), Origin::Learned);
        }
        Self { service: service.to_owned(), values }
    }
}

impl ExplainedValue {
    fn of(key: &Key, value: Value, said: &SourcedSettings) -> Self {
        let chain = said.chain(key.name);
        let origin = chain.first().map_or(Origin::Default, |(_, origin)| origin.clone());
        let weaker = chain.iter().skip(1).map(|(value, origin)| OverriddenValue::new(*value, origin.clone()));
        let default = match key.default {
            DefaultValue::Value(value) if origin != Origin::Default => {
                Some(OverriddenValue::new(value, Origin::Default))
            }
            _ => None,
        };
        Self {
            key: key.name,
            value: value.to_string(),
            origin,
            of_function: false,
            overridden: weaker.chain(default).collect(),
        }
    }

    fn of_function(key: &Key, function: &FunctionTimeout, of_service: Option<&Self>) -> Self {
        let (value, origin) = (function.timeout.to_string(), Origin::Code(function.place.clone()));
        Self {
            key: key.name,
            value,
            origin,
            of_function: true,
            overridden: of_service.map(Self::chain).unwrap_or_default(),
        }
    }

    fn overridden_by(&mut self, value: Value, origin: Origin) {
        self.overridden = self.chain();
        (self.value, self.origin) = (value.to_string(), origin);
    }

    /// Returns this value, followed by those that it overrides.
    fn chain(&self) -> Vec<OverriddenValue> {
        let own = OverriddenValue { value: self.value.clone(), origin: self.origin.clone() };
        [own].into_iter().chain(self.overridden.iter().cloned()).collect()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.service)?;
        let width = |text: &str| text.chars().count();
        let keys = self.values.iter().map(|value| width(value.key)).max().unwrap_or_default();
        let all = self
            .values
            .iter()
            .flat_map(|value| value.overridden.iter().map(|weaker| &weaker.value).chain([&value.value]));
        let values = all.map(|value| width(value)).max().unwrap_or_default();
        for ExplainedValue { key, value, origin, overridden, .. } in &self.values {
            write!(f, "\n  {key:<keys$}  {value:<values$}  {origin}")?;
            for OverriddenValue { value, origin } in overridden {
                write!(f, "\n  {:<keys$}  {value:<values$}  {origin} (overridden)", "")?;
            }
        }
        Ok(())
    }
}
