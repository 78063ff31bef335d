//! The tables of the keys for the README and the documentation.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::key::{DefaultValue, KEYS};
use crate::value::Value;

/// The settings, with `service` first.
pub const SETTINGS_TABLE: &str = table_of_settings!();

/// The other code-only keys.
pub const CODE_TABLE: &str = table_of_code!();

/// Returns the table of the values that each preset sets, beside the defaults.
#[must_use]
pub fn presets_table() -> String {
    let Some(preset) = KEYS.iter().find(|key| key.name == "preset") else { return String::new() };
    let head = preset.names.iter().map(|name| format!(" `\"{name}\"` |")).collect::<Vec<_>>().concat();
    let mut table = format!("| key | default |{head}\n|---|---|{}\n", "---|".repeat(preset.names.len()));
    for key in KEYS.iter().filter(|key| !key.presets.is_empty()) {
        let value = |name: &&str| key.presets.iter().find(|(of, _)| of == name).map_or(Value::Off, |(_, value)| *value);
        let cell = |name| match value(name) {
            Value::Off => String::from(" |"),
            value => format!(" {value} |"),
        };
        let cells = preset.names.iter().map(cell).collect::<Vec<_>>().concat();
        let default = match key.default {
            DefaultValue::Value(value) => format!("{value}"),
            _ => key.default_text.into(),
        };
        table = format!("{table}| `{}` | {default} |{cells}\n", key.name);
    }
    table
}
