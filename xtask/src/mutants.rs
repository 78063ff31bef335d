//! `cargo xtask mutants`: plants faults one by one and looks whether a test notices. Takes hours, so no part of
//! `cargo xtask test`. `.cargo/mutants.toml` says where, and which faults change nothing that anybody could see.
//!
//! In two stages, for most faults are noticed by the unit tests beside the code, which are built and run in seconds:
//! first those, then, for what they let pass, the tests of behaviour and of the attribute.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Tool, target};

/// At least this share of the faults has to be noticed, in percent.
const NOTICED: usize = 95;

/// Which tests are run for the faults of which package, stage by stage.
const STAGES: [(&str, &[&str]); 4] = [
    // The exploration of all states takes its seconds, so it comes with the second stage.
    ("breaker-core", &["--test-package", "breaker-core", "--", "--lib", "--", "--skip", "explore::"]),
    ("breaker-macros", &["--test-package", "breaker-macros", "--", "--lib"]),
    ("breaker-core", &["--test-package", "breaker-core,breaker-tests"]),
    ("breaker-macros", &["--test-package", "ui-tests,breaker-tests"]),
];

pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    if !Tool::cargo(root, &["mutants", "--version"]).works() {
        return Err("cargo-mutants is needed: cargo install --locked cargo-mutants".to_owned());
    }
    let mut sums = Score::default();
    for package in ["breaker-core", "breaker-macros"] {
        let place = target(root).join("mutants").join(package);
        for (stage, (_, tests)) in STAGES.iter().filter(|(of, _)| *of == package).enumerate() {
            plant(root, &place, package, stage > 0, tests, args)?;
        }
        let score = Score::read(&place)?;
        println!("    {package}: {score}");
        sums = sums.plus(&score);
    }
    println!("    together: {sums}");
    sums.judge()
}

fn plant(
    root: &Path,
    place: &Path,
    package: &str,
    goes_on: bool,
    tests: &[&str],
    args: &[String],
) -> Result<(), String> {
    fs::create_dir_all(place).map_err(|error| format!("can't make {}: {error}", place.display()))?;
    // `breaker-core` and its tests are built for each fault: what a debugger needs is left out.
    let tool = Tool::cargo(root, &["mutants", "--package", package, "--output", &place.to_string_lossy()])
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    // What an earlier stage has noticed is not planted again.
    let tool = if goes_on { tool.arg("--iterate") } else { tool };
    let tool = args.iter().fold(tool, |tool, arg| tool.arg(arg));
    // A fault that is not noticed is not a failure yet: what counts is the share in the end.
    tests.iter().fold(tool, |tool, arg| tool.arg(arg)).run_with(&[0, 2, 3])
}

/// How many faults were noticed, and which were not.
#[derive(Debug, Default)]
struct Score {
    noticed: usize,
    missed: Vec<String>,
}

impl Score {
    /// cargo-mutants writes a file for each kind of outcome, a line for each fault; when it goes on, it adds to the first
    /// ones and writes the last anew.
    fn read(place: &Path) -> Result<Self, String> {
        let lines = |file: &str| -> Result<Vec<String>, String> {
            let path: PathBuf = place.join("mutants.out").join(file);
            let text = fs::read_to_string(&path).map_err(|error| format!("can't read {}: {error}", path.display()))?;
            Ok(text.lines().map(str::to_owned).collect())
        };
        // A test that never ends has noticed it, too.
        let caught = lines("previously_caught.txt").unwrap_or_default().len() + lines("caught.txt")?.len();
        Ok(Self { noticed: caught + lines("timeout.txt")?.len(), missed: lines("missed.txt")? })
    }

    fn plus(mut self, other: &Self) -> Self {
        self.noticed += other.noticed;
        self.missed.extend(other.missed.iter().cloned());
        self
    }

    fn judge(&self) -> Result<(), String> {
        let all = self.noticed + self.missed.len();
        for fault in &self.missed {
            println!("    not noticed: {fault}");
        }
        if all > 0 && self.noticed * 100 >= all * NOTICED {
            return Ok(());
        }
        Err(format!(
            "{self}; at least {NOTICED} % should be. A test for each, or a line in .cargo/mutants.toml that says why none can"
        ))
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} faults are noticed", self.noticed, self.noticed + self.missed.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(noticed: usize, missed: usize) -> Score {
        Score { noticed, missed: (0..missed).map(|number| format!("fault {number}")).collect() }
    }

    #[test]
    fn nineteen_of_twenty_are_enough_and_nothing_is_not() {
        assert!(score(95, 5).judge().is_ok());
        let message = score(94, 6).judge().expect_err("94 %");
        assert!(message.starts_with("94 of 100 faults are noticed; at least 95 % should be"), "{message}");
        assert!(score(0, 0).judge().is_err());
    }

    #[test]
    fn scores_add_up() {
        let sum = score(3, 1).plus(&score(5, 2));
        assert_eq!(sum.to_string(), "8 of 11 faults are noticed");
    }
}
