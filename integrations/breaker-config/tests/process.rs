//! The usual one-line setup, in a process with its own environment.

use std::process::Command;

use breaker_core::{Config, Registry};

/// The variable that is set only in the child process.
const PATH: &str = "BREAKER_CONFIG_TEST_FILE";

#[test]
fn load_reads_the_file_and_the_environment_of_the_process() {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let path = directory.path().join("breakers.yaml");
    std::fs::write(&path, "circuit_breaker:\n  s3: {failure_threshold: 7, success_threshold: 3}\n").expect("written");
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "child", "--ignored"])
        .env(PATH, &path)
        .env("CIRCUIT_BREAKER__S3__FAILURE_THRESHOLD", "9")
        .output()
        .expect("it starts");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}

#[test]
#[ignore = "runs in the process that the other test starts"]
fn child() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let s3 = Registry::global().get_or_create("s3", Config::default());
    let report = breaker_config::load(path).expect("good").apply_to(Registry::global()).expect("fits");
    assert_eq!(report.warnings, []);
    assert_eq!((s3.config().failure_threshold(), s3.config().success_threshold()), (Some(9), 3));
}
