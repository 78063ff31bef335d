//! Generates a JSON schema of the file for editors. Names, kinds, ranges and descriptions come from the table of keys.

use breaker_keys::{Bound, Key, Kind, UNITS};
use serde_json::{Map, Value, json};

use crate::assignment::DEFAULTS;
use crate::file::TOP;
use crate::value;

/// Returns the JSON schema of the file, the same text as in `breakers.schema.json`.
///
/// Its version is draft-07, because older YAML language servers support nothing newer.
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
                "description": "The services by name, and the defaults of all services.",
                "type": "object",
                "properties": {
                    DEFAULTS: {
                        "description": "Values for every service. Its code, its preset and its own entry override them.",
                        "allOf": [{ "$ref": "#/definitions/keys" }],
                    },
                },
                "propertyNames": { "minLength": 1 },
                "additionalProperties": {
                    "description": "Values for the service of this name. They override its code.",
                    "allOf": [{ "$ref": "#/definitions/keys" }],
                },
            },
        },
        "additionalProperties": false,
        "definitions": { "keys": keys() },
    });
    // Another crate in the same build may enable serde_json's `preserve_order`, which must not change the text.
    schema.sort_all_objects();
    format!("{schema:#}\n")
}

fn keys() -> Value {
    let keys: Map<_, _> = breaker_keys::settings().map(|key| (key.name.to_owned(), key_schema(key))).collect();
    json!({ "type": "object", "properties": keys, "additionalProperties": false })
}

fn key_schema(key: &'static Key) -> Value {
    let wrong = value::not_scalar(key);
    let message = format!("{}; {}", wrong.allowed, wrong.fix);
    let values = match key.kind {
        Kind::Count => with(json!({ "type": "integer" }), whole_range(key)),
        Kind::Share | Kind::Factor => with(json!({ "type": "number" }), range(key, |end| json!(end))),
        Kind::Flag => json!({ "type": "boolean" }),
        // In JSON schema, a pattern applies to strings only, and a range to numbers only.
        Kind::Window => with(with(json!({ "type": ["string", "integer"] }), duration(&message)), whole_range(key)),
        Kind::Choice => json!({ "enum": key.names }),
        // Among these kinds, only durations are settings.
        Kind::Duration | Kind::Text | Kind::Callable | Kind::CratePath | Kind::Expression => {
            with(json!({ "type": "string" }), duration(&message))
        }
    };
    let values = if key.off { with_off(values) } else { values };
    // `errorMessage` is not in the standard. The YAML language server shows it if the type is wrong.
    with(values, json!({ "description": key.description, "errorMessage": message }))
}

/// Returns the range of the key; where it has no end, the largest number that the kind can hold.
fn whole_range(key: &Key) -> Value {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the ends of counts are counts")]
    let range = range(key, |end| json!(end as u32));
    with(json!({ "maximum": u32::MAX }), range)
}

fn range(key: &Key, number: fn(f64) -> Value) -> Value {
    let mut range = json!({});
    for (end, closed, open) in
        [(key.range.min, "minimum", "exclusiveMinimum"), (key.range.max, "maximum", "exclusiveMaximum")]
    {
        match end {
            Bound::Closed(end) => range[closed] = number(end),
            // JSON has no infinity.
            Bound::Open(end) if end.is_finite() => range[open] = number(end),
            Bound::Open(_) | Bound::None => {}
        }
    }
    range
}

/// Adds `off` to the allowed values. For a number, adding the type is enough, since a range applies to numbers only.
fn with_off(mut values: Value) -> Value {
    if let Some(pattern) = values["pattern"].as_str() {
        values["pattern"] = json!(format!("^off$|{pattern}"));
    } else {
        values["type"] = json!([values["type"], "string"]);
        values["pattern"] = json!("^off$");
    }
    values
}

fn with(mut schema: Value, more: Value) -> Value {
    if let (Value::Object(schema), Value::Object(more)) = (&mut schema, more) {
        schema.extend(more);
    }
    schema
}

/// Returns a pattern of humantime's grammar: numbers, each with its unit, and white space anywhere except inside a unit.
fn duration(message: &str) -> Value {
    let units = UNITS.concat().join("|");
    let pattern = format!(r"^\s*([0-9][0-9\s]*(\.\s*[0-9][0-9\s]*)?({units})\s*)+$");
    // `patternErrorMessage` is shown for a string that doesn't match. Without it, the pattern itself would be shown.
    json!({ "pattern": pattern, "patternErrorMessage": message })
}
