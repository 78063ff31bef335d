//! `cargo xtask mutants`: plants faults one by one and checks that a test fails. Takes hours, so it is not part of
//! `cargo xtask test`. `.cargo/mutants.toml` says where, and lists the faults that have no observable effect.
//!
//! Works in stages, because the unit tests beside the code detect most faults and take seconds to build and run: first
//! the unit tests; then, for missed faults, the quick behaviour tests; then the slow tests for the rest.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use crate::run::{Tool, target};

/// Minimum share of the faults that the tests must detect, in percent.
const NOTICED: usize = 95;

/// The tests for the faults of a package, stage by stage. No stage has the examples in the documentation: they would be
/// built again for each fault, and other tests cover them.
const STAGES: [(&str, &[&[&str]]); 2] = [
    (
        "breaker-core",
        &[
            &["--test-package", "breaker-core", "--", "--lib", "--", "--skip", "explore::"],
            &[
                "--test-package",
                "breaker-tests",
                "--",
                "--test",
                "main",
                "--",
                "--skip",
                "chaos::",
                "--skip",
                "races::",
                "--skip",
                "model::",
            ],
            &["--test-package", "breaker-core,breaker-tests", "--", "--lib", "--tests"],
        ],
    ),
    (
        "breaker-macros",
        &[
            &["--test-package", "breaker-macros", "--", "--lib"],
            &["--test-package", "ui-tests,breaker-tests", "--", "--tests"],
        ],
    ),
];

pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    if !Tool::cargo(root, &["mutants", "--version"]).works() {
        return Err("cargo-mutants is not installed: `cargo install --locked cargo-mutants`".to_owned());
    }
    let mut sum = Score::default();
    for (package, stages) in STAGES {
        let place = target(root).join("mutants").join(package);
        let mut score = Score::default();
        for (stage, tests) in stages.iter().enumerate() {
            let goes_on = if stage > 0 { Some(control(root, tests)?) } else { None };
            plant(root, &place, package, goes_on, tests, args)?;
            score = score.then(Score::read(&place)?);
        }
        println!("    {package}: {score}");
        sum = sum.plus(score);
    }
    println!("    together: {sum}");
    sum.judge()
}

/// Checks that these tests pass without a fault, and returns the time they take. cargo-mutants does it for the first
/// stage, but only in the package of the faults, which doesn't have the test binaries of the other stages.
fn control(root: &Path, tests: &[&str]) -> Result<Duration, String> {
    let (packages, arguments) = match tests {
        ["--test-package", packages, "--", arguments @ ..] => (*packages, arguments),
        _ => return Err(format!("a stage is `--test-package … -- …`, not {tests:?}")),
    };
    let run = |how: &[&str]| {
        let tool = Tool::cargo(root, &["test", "--quiet", "--all-features"]).env("CARGO_PROFILE_DEV_DEBUG", "0");
        let tool = packages.split(',').fold(tool, |tool, package| tool.arg("-p").arg(package));
        how.iter().chain(arguments).fold(tool, |tool, argument| tool.arg(argument)).run()
    };
    run(&["--no-run"])?;
    let start = Instant::now();
    run(&[])?;
    Ok(start.elapsed())
}

/// Returns the time limit in seconds for tests with a fault, from the time they took without one. It is generous,
/// because several faults are tried at once, and a timeout counts as detected.
fn patience(took: Duration) -> u64 {
    20 + 4 * took.as_secs()
}

fn plant(
    root: &Path,
    place: &Path,
    package: &str,
    goes_on: Option<Duration>,
    tests: &[&str],
    args: &[String],
) -> Result<(), String> {
    fs::create_dir_all(place).map_err(|error| format!("can't make {}: {error}", place.display()))?;
    let jobs = available_parallelism().map_or(1, usize::from).to_string();
    // The package and its tests are built for each fault, so without debug information.
    let tool = Tool::cargo(root, &["mutants", "--package", package, "--output", &place.to_string_lossy()])
        .arg("--jobs")
        .arg(&jobs)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        // A backtrace for each failing test would take longer than all tests.
        .env("RUST_BACKTRACE", "0");
    // `--iterate` skips the faults that an earlier stage has detected.
    let going_on = ["--iterate", "--baseline=skip", "--build-timeout=180"];
    let tool = goes_on.into_iter().fold(tool, |tool, took| {
        going_on.iter().fold(tool, |tool, arg| tool.arg(arg)).arg(&format!("--timeout={}", patience(took)))
    });
    let tool = args.iter().fold(tool, |tool, arg| tool.arg(arg));
    // A missed fault is not an error yet: only the share at the end counts.
    tests.iter().fold(tool, |tool, arg| tool.arg(arg)).run_with(&[0, 2, 3])
}

/// The number of detected faults, and the missed ones.
#[derive(Debug, Default)]
struct Score {
    caught: usize,
    /// A test that never ends has detected the fault, too; the next stage plants it again.
    timeouts: usize,
    missed: Vec<String>,
}

impl Score {
    /// Reads the score of one stage. cargo-mutants writes a file for each kind of outcome, with a line for each fault.
    /// (The faults caught by earlier stages are in a separate file, but mixed with those that don't compile.)
    fn read(place: &Path) -> Result<Self, String> {
        let lines = |file: &str| -> Result<Vec<String>, String> {
            let path = place.join("mutants.out").join(file);
            let text = fs::read_to_string(&path).map_err(|error| format!("can't read {}: {error}", path.display()))?;
            Ok(text.lines().map(str::to_owned).collect())
        };
        Ok(Self {
            caught: lines("caught.txt")?.len(),
            timeouts: lines("timeout.txt")?.len(),
            missed: lines("missed.txt")?,
        })
    }

    /// Adds the next stage, which has planted the faults that this one has not caught.
    fn then(self, next: Self) -> Self {
        Self { caught: self.caught + next.caught, ..next }
    }

    /// Adds the score for other faults.
    fn plus(mut self, other: Self) -> Self {
        self.caught += other.caught;
        self.timeouts += other.timeouts;
        self.missed.extend(other.missed);
        self
    }

    fn noticed(&self) -> usize {
        self.caught + self.timeouts
    }

    fn judge(&self) -> Result<(), String> {
        let all = self.noticed() + self.missed.len();
        for fault in &self.missed {
            println!("    not detected: {fault}");
        }
        if all > 0 && self.noticed() * 100 >= all * NOTICED {
            return Ok(());
        }
        Err(format!(
            "{self}; at least {NOTICED} % must be. Add a test for each, or a line in .cargo/mutants.toml with the reason why no test can detect it"
        ))
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} faults are detected", self.noticed(), self.noticed() + self.missed.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_tests_are_given_more_time() {
        assert_eq!(patience(Duration::from_millis(900)), 20);
        assert_eq!(patience(Duration::from_secs(49)), 216, "the compiler's messages, of one fault alone");
    }

    fn score(caught: usize, timeouts: usize, missed: usize) -> Score {
        Score { caught, timeouts, missed: (0..missed).map(|number| format!("fault {number}")).collect() }
    }

    #[test]
    fn nineteen_of_twenty_are_enough_and_nothing_is_not() {
        assert!(score(94, 1, 5).judge().is_ok());
        let message = score(93, 1, 6).judge().expect_err("94 %");
        assert!(message.starts_with("94 of 100 faults are detected; at least 95 % must be"), "{message}");
        assert!(score(0, 0, 0).judge().is_err());
    }

    #[test]
    fn a_stage_goes_on_with_what_is_left_and_packages_add_up() {
        // Of ten, the first stage catches five, and the next stage three more; the last two time out in both.
        let core = score(5, 2, 3).then(score(3, 2, 0));
        assert_eq!(core.to_string(), "10 of 10 faults are detected");
        assert_eq!(core.plus(score(1, 0, 1)).to_string(), "11 of 12 faults are detected");
    }
}
