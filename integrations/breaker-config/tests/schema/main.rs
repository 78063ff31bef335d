//! The schema accepts the same files as the loader, except for errors that a schema can't express.
#![cfg(feature = "schema")]

mod values;

use std::path::Path;
use std::sync::LazyLock;
use std::{env, fs};

use breaker_config::Loader;
use jsonschema::Validator;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Value, json};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&breaker_config::schema()).expect("JSON"));
static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&SCHEMA).expect("a schema"));

fn loads(text: &str) -> bool {
    Loader::new().text("b.yaml", text).load().is_ok()
}

fn validates(text: &str) -> bool {
    let documents = Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    VALIDATOR.is_valid(&documents.first().map_or(Value::Null, json))
}

/// Converts YAML as an editor does: plain text by YAML's core schema.
fn json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(entries) => entries.iter().map(|(key, value)| (name(key), json(value))).collect(),
        other => panic!("{other:?} is in no test"),
    }
}

fn name(key: &Yaml<'_>) -> String {
    match json(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[track_caller]
fn both(text: &str, good: bool) {
    assert_eq!((loads(text), validates(text)), (good, good), "loader and schema: {text}");
}

#[track_caller]
fn all<T: AsRef<str>>(texts: impl IntoIterator<Item = T>, good: bool) {
    for text in texts {
        both(text.as_ref(), good);
    }
}

#[test]
fn the_file_is_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("breakers.schema.json");
    if env::var_os("SCHEMA").is_some_and(|how| how == "overwrite") {
        fs::write(&path, breaker_config::schema()).expect("can be written");
    }
    let file = fs::read_to_string(&path).unwrap_or_default();
    let is_same = file == breaker_config::schema();
    assert!(
        is_same,
        "breakers.schema.json is not what `schema()` gives: run `cargo xtask bless keys`, and read the diff"
    );
}

#[test]
fn it_is_a_schema_itself() {
    assert!(jsonschema::meta::is_valid(&SCHEMA));
    for key in breaker_core::Settings::KEYS {
        let described = &SCHEMA["definitions"]["keys"]["properties"][key]["description"];
        assert_eq!(described.as_str(), breaker_core::Settings::describe(key), "{key}");
    }
}

#[test]
fn files_of_the_documentation_are_good() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["../../README.md", "../../docs/migrating.md", "README.md", "src/lib.rs"] {
        let text = fs::read_to_string(root.join(file)).expect("is there").replace("//! ", "");
        let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
        let ours: Vec<_> = blocks.filter(|block| block.contains("circuit_breaker:")).collect();
        assert!(!ours.is_empty(), "{file}");
        all(ours, true);
    }
}

#[test]
fn whole_files() {
    let good = [
        "{}",
        "circuit_breaker: {}",
        "circuit_breaker:\n  s3: {}",
        "%YAML 1.2\n---\r\n{circuit_breaker: {\"s3\": {'failure_threshold': 7}}}\r\n...\n",
        "circuit_breaker:\n  5: {window: 5}\n  true: {}\n  eu-store.1: {}\n",
        "circuit_breaker:\n  db: &keys\n    failure_threshold: 7\n  s3: *keys\n",
        "circuit_breaker:\n  defaults:\n    slow_call_rate: 0.5\n",
    ];
    all(good, true);
    let bad = [
        "",
        "# a comment\n",
        "---\n...\n",
        "hello",
        "[1]",
        "circuit_braker: {}",
        "circuit_breaker: {}\nlog: {}",
        "circuit_breaker:",
        "circuit_breaker: 5",
        "circuit_breaker: []",
        "circuit_breaker:\n  s3:",
        "circuit_breaker:\n  s3: ~",
        "circuit_breaker:\n  defaults: 30s",
        "circuit_breaker:\n  \"\": {}",
        "circuit_breaker:\n  defaults:\n    colour: red",
        "circuit_breaker:\n  defaults:\n    s3: {}",
    ];
    all(bad, false);
}
