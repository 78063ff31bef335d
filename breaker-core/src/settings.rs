//! What is configured for a service: in the attribute, in a file, in the environment, or on a builder.
//!
//! [`Settings`] holds only the keys that are set. Sources are merged with [`Settings::over`]; then
//! `Settings::resolve` (in `config`) checks everything and fills in the rest.

mod check;
mod criticality;
mod explanation;
mod fields;
mod layer;
mod names;
mod preset;
mod preset_values;
#[cfg(feature = "serde")]
mod text;
mod window;

pub(crate) use check::faults;
pub use criticality::Criticality;
pub use explanation::{ExplainedValue, Explanation};
pub use fields::Settings;
pub(crate) use fields::value_type;
pub use layer::{Origin, SettingsLayer, SourcedSettings};
pub use preset::Preset;
pub use window::Window;

#[cfg(test)]
pub(crate) mod tests;
