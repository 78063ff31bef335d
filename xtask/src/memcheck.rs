//! `cargo xtask memcheck`: runs the unit tests of breaker-core, and the behaviour tests of every kind of call, under
//! valgrind's memcheck. It detects reads of uninitialized or freed memory, and leaks.

use std::path::Path;

use crate::run::Tool;

/// cargo runs test programs with it, on any target. Definite leaks are errors; memory that is still reachable (interned
/// names, the clock) is kept on purpose.
const RUNNER: &str = r#"target."cfg(all())".runner = ["valgrind", "--quiet", "--tool=memcheck", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]"#;

/// Unit tests that would take minutes, and why they are not needed here.
const TOO_SLOW: [(&str, &str); 2] = [
    ("explore::", "millions of steps of the pure machine, which owns one vector"),
    ("exhaustive::", "millions of verdicts of pure functions, which own nothing"),
];

/// Behaviour tests. In the others, listeners hold handles of their own breaker, which is a leak of the test itself, or
/// hundreds of thousands of calls run.
const BEHAVIOUR: [&str; 11] = [
    "abandoned::",
    "half_open::",
    "leases::",
    "probe_races::",
    "late::",
    "modes::",
    "panics::",
    "reconfigure::",
    "timeouts::",
    "trip::",
    "windows::",
];

/// Scopes are never freed; a list keeps them reachable.
const SCOPES: [&str; 2] = ["faults::", "isolation::"];

pub(crate) fn run(root: &Path) -> Result<(), String> {
    if !Tool::new("valgrind", root, &["--version"]).works() {
        return missing();
    }
    for (tests, why) in TOO_SLOW {
        println!("    without {tests} {why}");
    }
    let skipped = TOO_SLOW.iter().flat_map(|(tests, _)| ["--skip", tests]);
    under_valgrind(root, &["-p", "breaker-core", "--lib"], skipped)?;
    under_valgrind(root, &["-p", "breaker-tests", "--test", "main"], BEHAVIOUR)?;
    under_valgrind(root, &["-p", "breaker-tests", "--test", "scopes"], SCOPES)
}

fn under_valgrind<'a>(root: &Path, program: &[&str], choice: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let test = Tool::cargo(root, &["--config", RUNNER, "test", "--all-features"]);
    let test = program.iter().fold(test, |test, arg| test.arg(arg)).arg("--").arg("--test-threads=1");
    // Some tests expect panics, and each backtrace takes seconds under valgrind.
    choice.into_iter().fold(test, Tool::arg).env("RUST_BACKTRACE", "0").run()
}

/// On Linux, a missing valgrind is an error. Other systems may not have it, and skip the check.
fn missing() -> Result<(), String> {
    if cfg!(target_os = "linux") {
        return Err("valgrind is missing: `cargo xtask test install`".to_owned());
    }
    println!("    skipped: no valgrind on this system");
    Ok(())
}
