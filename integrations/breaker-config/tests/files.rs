//! Real files: unreadable ones, unusual but valid ones, and ones that would take forever to read.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use breaker_config::{Error, Loader};
use breaker_core::{Config, Origin, Registry};
use breaker_keys::{DefaultValue, Kind, Value};
use tempfile::TempDir;

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory for temporary files"))
    }

    fn write(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("breakers.yaml");
        fs::write(&path, text).expect("the directory can be written");
        path
    }

    /// Returns the error for a file with this content, without its directory.
    fn error(&self, text: impl AsRef<[u8]>) -> String {
        let error = Loader::new().file(self.write(text)).load().expect_err("a bad file");
        self.without_directory(&error)
    }

    fn without_directory(&self, error: &Error) -> String {
        let directory = format!("{}/", self.0.path().display());
        error.to_string().replace("invalid circuit breaker configuration: ", "").replace(&directory, "")
    }
}

/// Returns the failure threshold of `s3` with a file of this content; the default is 5.
fn threshold(text: impl AsRef<[u8]>) -> Option<u32> {
    let registry = Registry::new();
    let s3 = registry.get_or_create("s3", Config::default());
    let path = Files::new();
    Loader::new().file(path.write(text)).load().expect("a good file").apply_to(&registry).expect("fits");
    s3.config().failure_threshold()
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_names_the_path_and_the_systems_reason() {
    let files = Files::new();
    let missing = Loader::new().file(files.0.path().join("none.yaml")).load().expect_err("missing");
    let fix = "check the path and its permissions";
    let expected = format!("none.yaml: can't be read: No such file or directory (os error 2); {fix}");
    assert_eq!(files.without_directory(&missing), expected);
    fs::create_dir(files.0.path().join("dir.yaml")).expect("a directory");
    let directory = Loader::new().file(files.0.path().join("dir.yaml")).load().expect_err("a directory");
    let expected = format!("dir.yaml: can't be read: Is a directory (os error 21); {fix}");
    assert_eq!(files.without_directory(&directory), expected);
    let relative = breaker_config::load("no/such/file.yaml").expect_err("missing").to_string();
    assert!(
        relative.ends_with("check the path, which is relative to the working directory, and its permissions"),
        "{relative}"
    );
}

#[test]
fn not_utf_8_has_its_place() {
    let error = Files::new().error(b"circuit_breaker:\n  s\xff3: {}\n");
    assert_eq!(error, "breakers.yaml:2:4: is not UTF-8; save the file as UTF-8");
}

#[test]
fn an_empty_file_is_an_error_and_one_that_says_nothing_is_none() {
    let files = Files::new();
    for text in ["", "\n\n", "# a comment\n", "---\n", "---\n...\n", "\u{feff}"] {
        let expected = "breakers.yaml: contains only whitespace and comments; write `circuit_breaker: {}` if nothing is to be configured";
        assert_eq!(files.error(text), expected, "{text:?}");
    }
    for text in ["{}", "circuit_breaker: {}", "circuit_breaker:\n  s3: {}"] {
        assert_eq!(threshold(text), None, "{text:?}");
    }
}

#[test]
fn marks_and_line_ends_of_other_systems_are_fine() {
    let text = "circuit_breaker:\n  s3:\n    failure_threshold: 7\n";
    assert_eq!(threshold(text), Some(7));
    assert_eq!(threshold(format!("\u{feff}{text}")), Some(7));
    assert_eq!(threshold(text.replace('\n', "\r\n")), Some(7));
    assert_eq!(threshold(format!("%YAML 1.2\n---\n{text}...\n")), Some(7));
    assert_eq!(threshold("{circuit_breaker: {\"s3\": {'failure_threshold': 7}}}"), Some(7));
    let error = Files::new().error("circuit_breaker:\r\n  s3:\r\n    window: 0\r\n");
    assert!(error.starts_with("breakers.yaml:3:13: `s3`: window = 0: "), "{error}");
}

#[test]
fn aliases_are_read() {
    assert_eq!(threshold("circuit_breaker:\n  db: &keys\n    failure_threshold: 7\n  s3: *keys\n"), Some(7));
}

#[test]
fn aliases_that_explode_are_an_error() {
    let mut text = "circuit_breaker:\n  a0: &a0 {k: v}\n".to_owned();
    for level in 1..12 {
        let keys: Vec<_> = (0..10).map(|key| format!("k{key}: *a{}", level - 1)).collect();
        text.extend([format!("  a{level}: &a{level} {{{}}}\n", keys.join(", "))]);
    }
    let start = Instant::now();
    let error = Files::new().error(&text);
    assert!(
        error.contains(": holds more than 100000 values, copies by aliases included; put values for all"),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_long_text_is_not_copied_again_and_again() {
    let long = "x".repeat(400_000);
    let text = format!("circuit_breaker:\n  s3:\n    a: &a {long}\n{}", "    b: *a\n".repeat(40_000));
    let error = Files::new().error(&text);
    assert!(error.starts_with("breakers.yaml:7:8: holds more than 100000 values, copies by aliases"), "{error}");
}

#[test]
fn what_is_too_long_is_not_read() {
    let fix = "put values for all services into `defaults:`, or check that this is the right file";
    let expected = format!("breakers.yaml: is longer than 1048576 bytes; {fix}");
    let text = "a: b\n".repeat(2_000_000);
    assert_eq!(Files::new().error(&text), expected);
    let error = Loader::new().text("breakers.yaml", text).load().expect_err("too long");
    assert_eq!(error.faults()[0].to_string(), expected);
}

#[test]
fn the_longest_that_is_read_takes_no_time_to_speak_of() {
    for unit in
        ["[", "{", "- ", "? ", "a: ", "&a ", "\"", "'", "a", "\n", " ", "#", "a:\n", "[a,", "*a ", "|\n", "---\n", "[?"]
    {
        let text = format!("circuit_breaker:\n  s3: {}", unit.repeat((1_000_000) / unit.len()));
        let start = Instant::now();
        // Only the time matters, not whether this is an error.
        let _ = Loader::new().text("breakers.yaml", text).load();
        assert!(start.elapsed() < Duration::from_secs(10), "{unit:?} took {:?}", start.elapsed());
    }
}

#[test]
fn every_file_has_its_say_and_the_later_one_wins() {
    let registry = Registry::new();
    let s3 = registry.get_or_create("s3", Config::default());
    let first = "circuit_breaker:\n  s3: {failure_threshold: 7, success_threshold: 3}\n";
    let second = "circuit_breaker:\n  s3: {failure_threshold: 8}\n";
    let both = Loader::new().text("first.yaml", first).text("second.yaml", second);
    both.load().expect("good").apply_to(&registry).expect("fits");
    assert_eq!((s3.config().failure_threshold(), s3.config().success_threshold()), (Some(8), 3));
    let error = Loader::new().text("b.yaml", "x: 1").text("a.yaml", "y: 1").load().expect_err("two faults");
    let text = error.to_string();
    assert!(
        text.starts_with("invalid circuit breaker configuration, 2 faults:\n- a.yaml:1:1: unknown top-level key `y`; "),
        "{text}"
    );
    assert!(text.contains("\n- b.yaml:1:1: unknown top-level key `x`; "), "{text}");
}

/// Reads each key of the core with a value other than the default.
#[test]
fn every_key_is_read_as_itself_from_a_file_and_from_a_variable() {
    let value = |key: &str| {
        let key = breaker_keys::setting(key).expect("a key");
        match key.kind {
            Kind::Count => "7",
            Kind::Share => "0.25",
            Kind::Factor => "1.5",
            Kind::Duration | Kind::Window => "7m",
            Kind::Flag if key.default == DefaultValue::Value(Value::Flag(true)) => "false",
            Kind::Flag => "true",
            Kind::Choice => key.names.last().expect("a choice has names"),
            Kind::Text | Kind::Callable | Kind::CratePath | Kind::Expression => panic!("`{}` is no setting", key.name),
        }
    };
    for key in breaker_core::Settings::KEYS {
        // `slow_call_rate` needs `slow_call_duration`, and calls that are not timed are never slow.
        let beside = if *key == "slow_call_rate" { "\n    slow_call_duration: 1s" } else { "" };
        let text = format!("circuit_breaker:\n  s3:\n    {key}: {}{beside}\n", value(key));
        let variable = (format!("CIRCUIT_BREAKER__S3__{}", key.to_uppercase()), value(key));
        let slow = (*key == "slow_call_rate").then_some(("CIRCUIT_BREAKER__S3__SLOW_CALL_DURATION".to_owned(), "1s"));
        for loader in [Loader::new().text("b.yaml", text), Loader::new().variables([variable].into_iter().chain(slow))]
        {
            let registry = Registry::new();
            registry.get_or_create("s3", Config::default());
            let loaded = loader.load().and_then(|configuration| configuration.apply_to(&registry));
            loaded.unwrap_or_else(|error| panic!("{key}: {error}"));
            let explanation = registry.explain("s3").expect("made");
            if *key == "preset" {
                assert!(explanation.to_string().contains("preset s3"), "{explanation}");
                continue;
            }
            let read = explanation.values.iter().find(|value| value.key == *key).expect("it has a value");
            if *key == "fail_fast" {
                assert_eq!(
                    (read.value.as_str(), &read.origin),
                    ("true", &Origin::Default),
                    "the code decides, and it alone"
                );
                continue;
            }
            assert_eq!(read.value, value(key), "{key}");
            assert!(matches!(read.origin, Origin::File(_) | Origin::Environment(_)), "{key}: {}", read.origin);
        }
    }
}
