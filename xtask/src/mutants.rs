//! `cargo xtask mutants`: plants faults one by one and looks whether a test notices. Takes hours, so no part of
//! `cargo xtask test`. `.cargo/mutants.toml` says where, and which faults change nothing that anybody could see.
//!
//! In stages, for most faults are noticed by the unit tests beside the code, which are built and run in seconds: first
//! those, then, for what they let pass, the quick tests of behaviour, and what takes longer for the rest.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use crate::run::{Tool, target};

/// At least this share of the faults has to be noticed, in percent.
const NOTICED: usize = 95;

/// Which tests are run for the faults of a package, stage by stage. Examples in the documentation come in none: they are
/// built anew for each fault, and what they show is tested elsewhere.
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
        return Err("cargo-mutants is needed: cargo install --locked cargo-mutants".to_owned());
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

/// Do these tests pass where no fault is planted? In the first stage, cargo-mutants sees to it; but only in the package of
/// the faults, which has no test binary of the other stages' names. Gives the time that they take.
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

/// How long tests that have taken so long may take with a fault, in seconds: several faults are tried at once, and whatever
/// is cut off counts as noticed.
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
    // The package and its tests are built for each fault: what a debugger needs is left out.
    let tool = Tool::cargo(root, &["mutants", "--package", package, "--output", &place.to_string_lossy()])
        .arg("--jobs")
        .arg(&jobs)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        // A trace for each test that notices would take longer than all tests.
        .env("RUST_BACKTRACE", "0");
    // What an earlier stage has noticed is not planted again.
    let going_on = ["--iterate", "--baseline=skip", "--build-timeout=180"];
    let tool = goes_on.into_iter().fold(tool, |tool, took| {
        going_on.iter().fold(tool, |tool, arg| tool.arg(arg)).arg(&format!("--timeout={}", patience(took)))
    });
    let tool = args.iter().fold(tool, |tool, arg| tool.arg(arg));
    // A fault that is not noticed is not a failure yet: what counts is the share in the end.
    tests.iter().fold(tool, |tool, arg| tool.arg(arg)).run_with(&[0, 2, 3])
}

/// How many faults were noticed, and which were not.
#[derive(Debug, Default)]
struct Score {
    caught: usize,
    /// A test that never ends has noticed the fault, too; the next stage plants it again.
    timeouts: usize,
    missed: Vec<String>,
}

impl Score {
    /// Of one stage. cargo-mutants writes a file for each kind of outcome, a line for each fault. (What earlier stages have
    /// caught is in a file of its own, but with the faults that don't compile among them.)
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

    /// The next stage, over what this one has not caught.
    fn then(self, next: Self) -> Self {
        Self { caught: self.caught + next.caught, ..next }
    }

    /// Other faults.
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
            println!("    not noticed: {fault}");
        }
        if all > 0 && self.noticed() * 100 >= all * NOTICED {
            return Ok(());
        }
        Err(format!(
            "{self}; at least {NOTICED} % should be. A test for each, or a line in .cargo/mutants.toml that says why none can"
        ))
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} faults are noticed", self.noticed(), self.noticed() + self.missed.len())
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
        assert!(message.starts_with("94 of 100 faults are noticed; at least 95 % should be"), "{message}");
        assert!(score(0, 0, 0).judge().is_err());
    }

    #[test]
    fn a_stage_goes_on_with_what_is_left_and_packages_add_up() {
        // Of ten, five are caught at once; of the five left, three; the two that never end end no sooner.
        let core = score(5, 2, 3).then(score(3, 2, 0));
        assert_eq!(core.to_string(), "10 of 10 faults are noticed");
        assert_eq!(core.plus(score(1, 0, 1)).to_string(), "11 of 12 faults are noticed");
    }
}
