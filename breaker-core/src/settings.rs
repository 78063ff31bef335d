//! The settings of a service: from the attribute, a file, the environment, or a builder.
//!
//! [`Settings`] holds only the keys that are set. Sources are merged with [`Settings::over`]; then
//! `Settings::resolve` (in `config`) checks everything and fills in the rest.

mod check;
mod criticality;
mod explanation;
mod fields;
mod functions;
mod layer;
mod names;
mod origin;
mod preset;
mod preset_values;
mod sourced;
#[cfg(feature = "serde")]
mod text;
mod window;

pub(crate) use check::faults;
pub use criticality::Criticality;
pub use explanation::{ExplainedValue, Explanation, OverriddenValue};
pub use fields::Settings;
pub(crate) use fields::value_type;
pub(crate) use functions::FunctionTimeout;
pub use layer::SettingsLayer;
pub use origin::Origin;
pub use preset::Preset;
pub use sourced::SourcedSettings;
pub use window::Window;

#[cfg(test)]
pub(crate) mod tests;
