//! Service names that try to break out of their label.

use breaker_core::{Config, Registry};

use crate::rig::{FORMATS, collected};

/// Each name with its form in a label.
const NAMES: [(&str, &str); 9] = [
    ("a\"b", r#"a\"b"#),
    (r"a\b", r"a\\b"),
    ("a\nb", r"a\nb"),
    (r#"\""#, r#"\\\""#),
    ("Prüfung-検索-🔎", "Prüfung-検索-🔎"),
    (
        "x\"} 1\ncircuit_breaker_state{service=\"y\",state=\"open",
        r#"x\"} 1\ncircuit_breaker_state{service=\"y\",state=\"open"#,
    ),
    ("# EOF\n", r"# EOF\n"),
    ("{},=", "{},="),
    ("a b\tc", "a b\tc"),
];

#[test]
fn names_are_escaped_in_both_formats() {
    for (name, escaped) in NAMES {
        let breakers = Registry::new();
        let metrics = collected(&breakers);
        let _ = breakers.get_or_create(name, Config::default()).call(|| Ok::<_, String>(()));
        for format in FORMATS {
            let text = format.encode(&metrics).expect("all metrics can be encoded");
            let sample = format!("circuit_breaker_requests_total{{service=\"{escaped}\",outcome=\"success\"}} 1");
            assert_eq!(text.lines().filter(|line| *line == sample).count(), 1, "{text}");
            let starts = |line: &&str| !line.starts_with("circuit_breaker_") && !line.starts_with("# ");
            assert_eq!(text.lines().find(starts), None, "a line of its own");
            assert_eq!(text.matches("\n# EOF").count(), usize::from(format == FORMATS[1]));
        }
    }
}

#[test]
fn a_long_name_is_kept_whole() {
    let name = "n".repeat(100_000);
    let breakers = Registry::new();
    let metrics = collected(&breakers);
    breakers.get_or_create(&name, Config::default());
    for format in FORMATS {
        let text = format.encode(&metrics).expect("all metrics can be encoded");
        assert!(text.contains(&format!("circuit_breaker_in_flight{{service=\"{name}\"}} 0\n")));
    }
}
