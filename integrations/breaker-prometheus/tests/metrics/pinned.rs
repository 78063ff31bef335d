//! The whole text of a small registry, in both formats. `PINNED=overwrite` writes the files.

use std::path::Path;

use breaker_core::Config;
use breaker_prometheus::Format;

use crate::rig::{collected, eventful, manual};

fn holds(format: Format, file: &str) {
    let (breakers, clock) = manual();
    let metrics = collected(&breakers);
    let search = eventful(&breakers, &clock);
    breakers.get_or_create("mail", Config::default());
    let probe = search.try_acquire().expect("the circuit is closed");
    let text = format.encode(&metrics).expect("all metrics can be encoded");
    probe.ignore();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/metrics").join(file);
    if std::env::var_os("PINNED").is_some_and(|value| value == "overwrite") {
        std::fs::write(&path, &text).expect("the file can be written");
    }
    let pinned = std::fs::read_to_string(&path).expect("the file can be read");
    assert_eq!(text, pinned, "{} differs; PINNED=overwrite writes it", path.display());
}

#[test]
fn the_text_format_is_that_in_the_file() {
    holds(Format::Text, "pinned.txt");
}

#[test]
fn open_metrics_is_that_in_the_file() {
    holds(Format::OpenMetrics, "pinned.openmetrics");
}

#[test]
fn a_registry_without_breakers_has_only_headers() {
    let (breakers, _) = manual();
    for (format, last) in [(Format::Text, "gauge"), (Format::OpenMetrics, "# EOF")] {
        let text = format.encode(&collected(&breakers)).expect("all metrics can be encoded");
        assert_eq!(text.lines().filter(|line| line.starts_with("# TYPE ")).count(), 11);
        assert!(text.lines().all(|line| line.starts_with('#')) && text.trim_end().ends_with(last), "{text}");
    }
}
