//! promtool accepts the text format and has nothing to criticize.

use std::io::Write as _;
use std::process::{Command, Stdio};

use breaker_prometheus::Format;

use crate::tools::program;
use crate::{breakers, collected};

/// Returns whether promtool accepts the text, and what it prints.
fn check(text: &str) -> (bool, String) {
    let mut promtool = Command::new(program("promtool"));
    let promtool =
        promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = promtool.spawn().expect("promtool starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(text.as_bytes()).expect("promtool reads everything");
    drop(stdin);
    let output = child.wait_with_output().expect("promtool ends");
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&printed).into_owned())
}

#[test]
fn promtool_accepts_the_text_format() {
    let (breakers, _clock) = breakers();
    let text = Format::Text.encode(&collected(&breakers)).expect("all metrics can be encoded");
    assert!(text.lines().count() > 200);
    assert_eq!(check(&text), (true, String::new()));
}

#[test]
fn promtool_accepts_a_registry_without_breakers() {
    let text = Format::Text.encode(&collected(&breaker_core::Registry::new())).expect("all metrics can be encoded");
    assert_eq!(check(&text), (true, String::new()));
}

#[test]
fn promtool_rejects_a_label_that_is_not_escaped() {
    let (breakers, _clock) = breakers();
    let text = Format::Text.encode(&collected(&breakers)).expect("all metrics can be encoded");
    let (is_fine, printed) = check(&text.replace(r#"a\"b"#, "a\"b"));
    assert!(!is_fine && printed.contains("error while linting"), "{printed}");
}
