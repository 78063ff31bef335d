//! A JSON schema of the file, for editors. It has no table of its own: the keys and what they mean are the core's, what
//! kind of value a key takes is what [`Kind::of`] found, and its range is found by asking the loader's own checks.

mod range;

use breaker_core::{Criticality, Preset, Settings};
use serde_json::{Map, Value, json};

use crate::assignment::DEFAULTS;
use crate::file::TOP;
use crate::value::Kind;

/// The JSON schema of the file, as `breakers.schema.json` holds it.
///
/// It is of draft-07: older YAML language servers know nothing newer.
///
/// ```
/// assert!(breaker_config::schema().contains("\"open_timeout\": {"));
/// ```
#[must_use]
pub fn schema() -> String {
    let mut schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Circuit breakers",
        "type": "object",
        "properties": {
            TOP: {
                "description": "The services by name, and what holds for all of them.",
                "type": "object",
                "properties": {
                    DEFAULTS: {
                        "description": "What holds for every service, below what is said about one by name.",
                        "allOf": [{ "$ref": "#/definitions/keys" }],
                    },
                },
                "propertyNames": { "minLength": 1 },
                "additionalProperties": {
                    "description": "What holds for the service of this name.",
                    "allOf": [{ "$ref": "#/definitions/keys" }],
                },
            },
        },
        "additionalProperties": false,
        "definitions": { "keys": keys() },
    });
    // Another crate's wish in the same build (serde_json's `preserve_order`) must not change the text.
    schema.sort_all_objects();
    format!("{schema:#}\n")
}

fn keys() -> Value {
    let keys: Map<_, _> = Settings::KEYS.iter().map(|key| ((*key).to_owned(), key_schema(key))).collect();
    json!({ "type": "object", "properties": keys, "additionalProperties": false })
}

fn key_schema(key: &'static str) -> Value {
    let kind = Kind::of(key);
    let values = match kind {
        Kind::Count => with(json!({ "type": "integer" }), range::of_whole(key)),
        Kind::Number => with(json!({ "type": "number" }), range::of_number(key)),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Duration => with(json!({ "type": "string" }), duration(kind)),
        // A pattern is about text only, a range about numbers only.
        Kind::Window => with(with(json!({ "type": ["string", "integer"] }), duration(kind)), range::of_whole(key)),
        Kind::Preset => json!({ "enum": Preset::ALL.iter().map(|preset| preset.as_str()).collect::<Vec<_>>() }),
        Kind::Criticality => json!({ "enum": Criticality::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>() }),
    };
    // No word of the standard: the YAML language server shows it where the type is wrong.
    with(values, json!({ "description": Settings::describe(key), "errorMessage": kind.fix() }))
}

fn with(mut schema: Value, more: Value) -> Value {
    if let (Value::Object(schema), Value::Object(more)) = (&mut schema, more) {
        schema.extend(more);
    }
    schema
}

/// humantime's grammar: numbers, each with its unit; space anywhere but inside of a unit. It can't be asked for its units.
fn duration(kind: Kind) -> Value {
    const UNITS: &str = "nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d\
                         |weeks?|wks?|w|months?|M|years?|yrs?|y";
    let pattern = format!(r"^\s*([0-9][0-9\s]*(\.\s*[0-9][0-9\s]*)?({UNITS})\s*)+$");
    // The second is the same as `errorMessage`, for what is text: without it, the pattern itself would be shown.
    json!({ "pattern": pattern, "patternErrorMessage": kind.fix() })
}
