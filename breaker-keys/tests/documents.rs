//! Compares the files that contain the table of keys with it. With `KEYS=overwrite` in the environment, writes them instead.

use std::path::Path;
use std::{env, fs};

use breaker_keys::{CODE_TABLE, KEYS, SETTINGS_TABLE, presets_table};

/// Compares the text between two lines of a file, or overwrites it.
fn hold(file: &str, begin: &str, end: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (head, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{file} has no line {begin}"));
    let (between, tail) = rest.split_once(end).unwrap_or_else(|| panic!("{file} has no line {end}"));
    if env::var_os("KEYS").is_some_and(|how| how == "overwrite") {
        fs::write(&path, format!("{head}{begin}{expected}{end}{tail}")).expect("can be written");
        return;
    }
    let is_same = between == expected;
    assert!(is_same, "{file} differs from the table of keys: run `cargo xtask bless keys`, and read the diff");
}

#[test]
fn the_readme_has_the_table() {
    for (name, table) in [("settings", SETTINGS_TABLE), ("code", CODE_TABLE), ("presets", presets_table().as_str())] {
        hold("README.md", &format!("<!-- keys: {name} -->\n"), "<!-- end of keys -->", table);
    }
}

#[test]
fn the_fuzzer_knows_the_keys_and_their_names() {
    let keys: Vec<_> = KEYS.iter().map(|key| format!("\"{} = \"\n", key.name)).collect();
    hold("fuzz/attribute.dict", "# Keys.\n", "# Names.\n", &keys.concat());
    let names: Vec<_> = KEYS.iter().flat_map(|key| key.names).map(|name| format!("\"\\\"{name}\\\"\"\n")).collect();
    hold("fuzz/attribute.dict", "# Names.\n", "# Values.\n", &names.concat());
}

/// Meanings and descriptions of keys are sentences that fit into a table cell.
#[test]
fn every_row_reads_well() {
    for key in KEYS {
        assert!(key.meaning.ends_with('.') && !key.meaning.contains(['\n', '|']), "{}: {}", key.name, key.meaning);
        assert!(key.description.ends_with('.') && !key.description.contains("  "), "{}: {}", key.name, key.description);
        assert!(!key.example.is_empty() || key.scope == breaker_keys::Scope::Everywhere, "{}", key.name);
    }
}
