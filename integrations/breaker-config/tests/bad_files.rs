//! Errors above the level of keys, and several errors at once, each with its exact message.

use breaker_config::Loader;

/// Returns the messages for one text, without the head that is the same for all.
#[track_caller]
fn faults(text: &str) -> Vec<String> {
    let loaded = Loader::new().text("b.yaml", text).load();
    loaded.map_or_else(|error| error.faults().iter().map(ToString::to_string).collect(), |_| Vec::new())
}

#[track_caller]
fn check_files(table: &[(&str, &str)]) {
    for (text, message) in table {
        assert_eq!(faults(text), [*message], "{text}");
    }
}

#[test]
fn whole_files() {
    check_files(&[
        ("hello", "b.yaml:1:1: must be a map, not hello; write `circuit_breaker:` with services below it"),
        ("[1]", "b.yaml:1:1: must be a map, not a list; write `circuit_breaker:` with services below it"),
        ("!x {}", "b.yaml:1:1: must be a map, not a map with a tag; write `circuit_breaker:` with services below it"),
        ("circuit_braker: {}", "b.yaml:1:1: unknown top-level key `circuit_braker`; did you mean `circuit_breaker`?"),
        ("log: {}", "b.yaml:1:1: unknown top-level key `log`; the only one is `circuit_breaker`"),
        (
            "circuit_breaker:",
            "b.yaml:1:1: circuit_breaker: must be a map, not nothing; write services with their keys below it, or leave it out",
        ),
        (
            "circuit_breaker: 5",
            "b.yaml:1:18: circuit_breaker: must be a map, not 5; write services with their keys below it, or leave it out",
        ),
        (
            "circuit_breaker: {}\ncircuit_breaker: {}",
            "b.yaml:2:1: circuit_breaker: duplicate key, first set on line 1; remove one of them",
        ),
        (
            "circuit_breaker:\n  s3:",
            "b.yaml:2:3: `s3`: must be a map, not nothing; write its keys below it, or leave it out",
        ),
        (
            "circuit_breaker:\n  s3: {}\n  \"s3\": {}",
            "b.yaml:3:3: s3: duplicate key, first set on line 2; remove one of them",
        ),
        ("circuit_breaker:\n  \"\": {}", "b.yaml:2:3: a service must have a name; write one, such as s3"),
        ("a: 1\n---\nb: 2", "b.yaml:2:1: a second document begins; keep one document, and leave out the other"),
        ("---\n---\n", "b.yaml:2:1: a second document begins; keep one document, and leave out the other"),
        (
            "circuit_breaker:\n\ts3: {}",
            "b.yaml:2:2: is not YAML: tabs disallowed within this context (block indentation); indent with spaces, never with tabs",
        ),
        ("circuit_breaker: &a [*a]", "b.yaml:1:22: an alias refers to a node that contains it; repeat the values"),
        (
            "circuit_breaker: {",
            "b.yaml:2:1: is not YAML: while parsing a node, did not find expected node content; check the indentation, the colons and the quotes of this line and of those above",
        ),
    ]);
    let deep = faults(&"- ".repeat(100_000));
    assert_eq!(deep, ["b.yaml:1:35: is nested more than 16 deep; write `service:` with keys below"]);
}

#[test]
fn all_at_once_in_the_order_of_lines() {
    let text =
        "circuit_breaker:\n  defaults:\n    open_timeout: 0s\n  s3:\n    window: no\n    colour: red\n  db: ~\nx: 1\n";
    let problems: Vec<_> = faults(text).iter().filter_map(|fault| Some(fault.split_once("; ")?.0.to_owned())).collect();
    let expected = [
        "b.yaml:3:19: `defaults`: open_timeout = 0s: must be longer than zero",
        "b.yaml:5:13: `s3`: window = no: must be a duration with its unit, or a number of calls",
        "b.yaml:6:5: `s3`: unknown key `colour`",
        "b.yaml:7:7: `db`: must be a map, not ~",
        "b.yaml:8:1: unknown top-level key `x`",
    ];
    assert_eq!(problems, expected);
    // After a syntax error, the rest of the file is not read.
    assert_eq!(faults(&text.replace("no", "[")).len(), 1);
}

/// A message stays on one line of limited length, whatever the value.
#[test]
fn each_fault_is_one_line_of_bounded_length() {
    let long = "x".repeat(100_000);
    for value in [long.as_str(), "\"a\\nb\"", "|\n      a\n      b"] {
        for key in ["open_timeout", "window", "failure_threshold", "preset", "fail_fast", "failure_rate", long.as_str()]
        {
            let text = format!("circuit_breaker:\n  s3:\n    ? {key}\n    : {value}\n");
            let faults = faults(&text);
            assert_eq!(faults.len(), 1, "{key}");
            assert!(faults[0].len() < 800 && !faults[0].contains('\n'), "{}", faults[0]);
        }
    }
}
