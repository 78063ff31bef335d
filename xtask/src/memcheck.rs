//! `cargo xtask memcheck`: the unit tests of breaker-core, and those behaviour tests that go through every kind of call,
//! under valgrind's memcheck: no byte is read before it is written or after it is freed, and none is lost.

use std::path::Path;

use crate::run::Tool;

/// cargo starts test programs by it, on any target. What is lost for certain is an error; what a pointer still leads to
/// (interned names, the clock) is kept on purpose.
const RUNNER: &str = r#"target."cfg(all())".runner = ["valgrind", "--quiet", "--tool=memcheck", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]"#;

/// Unit tests that would take minutes, and why little is lost without them.
const TOO_SLOW: [(&str, &str); 2] = [
    ("explore::", "millions of steps of the pure machine, which owns one vector"),
    ("exhaustive::", "millions of verdicts of pure functions, which own nothing"),
];

/// Behaviour tests: the engine's cell is reached from outside only. In the others listeners hold handles of their own
/// breaker, which is a loss by the test's own doing, or hundreds of thousands of calls run.
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

/// Scopes are never freed, and a list of them says so.
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
    // Panics are expected there, and their traces take valgrind seconds each.
    choice.into_iter().fold(test, Tool::arg).env("RUST_BACKTRACE", "0").run()
}

/// A machine that valgrind isn't made for has nothing to show; on Linux it is a tool to install.
fn missing() -> Result<(), String> {
    if cfg!(target_os = "linux") {
        return Err("valgrind is missing: `cargo xtask test install`".to_owned());
    }
    println!("    no valgrind on this system: nothing is checked");
    Ok(())
}
