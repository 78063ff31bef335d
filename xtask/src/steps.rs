//! Runs named steps in order and times each of them. All steps run, also after one has failed: one run shows everything
//! that needs a fix.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// One check.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// What the step checks, in a few words.
    pub(crate) shows: &'static str,
    pub(crate) run: Box<dyn FnOnce() -> Result<(), String>>,
}

impl Step {
    pub(crate) fn new(
        name: &'static str,
        shows: &'static str,
        run: impl FnOnce() -> Result<(), String> + 'static,
    ) -> Self {
        Self { name, shows, run: Box::new(run) }
    }
}

/// Keeps the named steps; all if none is named.
pub(crate) fn choose(steps: Vec<Step>, names: &[String]) -> Result<Vec<Step>, String> {
    let known: Vec<&str> = steps.iter().map(|step| step.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("unknown step `{unknown}`; the steps are: {}", known.join(", ")));
    }
    Ok(steps.into_iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)).collect())
}

/// Runs all steps for `cargo xtask <command>`, and prints the summary last, below the log.
pub(crate) fn run_all(command: &str, steps: Vec<Step>) -> ExitCode {
    let summary = run(steps);
    println!("\n{}", summary.text(command));
    if summary.failures().next().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(steps: Vec<Step>) -> Summary {
    let total = steps.len();
    let mut ended = Vec::with_capacity(total);
    for (index, step) in steps.into_iter().enumerate() {
        let place = format!("[{}/{total}] {}", index + 1, step.name);
        println!("\n{place}: {}", step.shows);
        let start = Instant::now();
        let result = (step.run)();
        let step = Ended { name: step.name, result, took: start.elapsed() };
        if let Err(message) = &step.result {
            println!("    {message}");
        }
        println!("{place} {} in {}", step.verdict(), seconds(step.took));
        ended.push(step);
    }
    Summary(ended)
}

struct Ended {
    name: &'static str,
    result: Result<(), String>,
    took: Duration,
}

impl Ended {
    fn verdict(&self) -> &'static str {
        if self.result.is_ok() { "ok" } else { "FAILED" }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// All steps of a run, in their order.
struct Summary(Vec<Ended>);

impl Summary {
    fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().filter_map(|step| Some((step.name, step.result.as_ref().err()?.as_str())))
    }

    /// Returns the table of times, each failure's message, and the count in the last line.
    fn text(&self, command: &str) -> String {
        let mut text = self.table();
        for (name, message) in self.failures() {
            // Writing to a String can't fail.
            let _ = write!(text, "\n\n{name} FAILED: {message}\n  only this step: cargo xtask {command} {name}");
        }
        let failed = self.failures().count();
        let _ = write!(text, "\n\nsteps: {} passed, {failed} failed", self.0.len() - failed);
        text
    }

    fn table(&self) -> String {
        let width = self.0.iter().map(|step| step.name.len()).max().unwrap_or(0).max("together".len());
        let mut text = String::new();
        for step in &self.0 {
            let _ = writeln!(text, "  {:<width$}  {:<6}  {:>9}", step.name, step.verdict(), seconds(step.took));
        }
        let all: Duration = self.0.iter().map(|step| step.took).sum();
        let total = self.0.len();
        let passed = format!("{}/{total}", total - self.failures().count());
        let _ = write!(text, "  {:<width$}  {passed:<6}  {:>9}", "together", seconds(all));
        text
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    type Log = Rc<RefCell<Vec<&'static str>>>;

    fn recording(log: &Log, name: &'static str, result: Result<(), &'static str>) -> Step {
        let log = Rc::clone(log);
        Step::new(name, "a test", move || {
            log.borrow_mut().push(name);
            result.map_err(str::to_owned)
        })
    }

    fn steps(log: &Log) -> Vec<Step> {
        vec![
            recording(log, "install", Err("no network")),
            recording(log, "fmt", Ok(())),
            recording(log, "counts", Err("valgrind is missing")),
            recording(log, "drill", Ok(())),
        ]
    }

    fn ended(name: &'static str, result: Result<(), &'static str>, millis: u64) -> Ended {
        Ended { name, result: result.map_err(str::to_owned), took: Duration::from_millis(millis) }
    }

    #[test]
    fn a_failure_stops_no_later_step() {
        let log = Log::default();
        let summary = run(steps(&log));
        assert_eq!(*log.borrow(), ["install", "fmt", "counts", "drill"]);
        let failures: Vec<_> = summary.failures().collect();
        assert_eq!(failures, [("install", "no network"), ("counts", "valgrind is missing")]);
    }

    #[test]
    fn the_exit_code_says_whether_any_step_failed() {
        let log = Log::default();
        assert_eq!(run_all("test", steps(&log)), ExitCode::FAILURE);
        assert_eq!(run_all("test", vec![recording(&log, "fmt", Ok(()))]), ExitCode::SUCCESS);
        let last = vec![recording(&log, "fmt", Ok(())), recording(&log, "drill", Err("it broke"))];
        assert_eq!(run_all("test", last), ExitCode::FAILURE);
    }

    #[test]
    fn only_the_named_steps_run() {
        let log = Log::default();
        let chosen = choose(steps(&log), &["drill".to_owned(), "fmt".to_owned()]).expect("both are known");
        assert_eq!(run(chosen).failures().count(), 0);
        assert_eq!(*log.borrow(), ["fmt", "drill"]);
    }

    #[test]
    fn an_unknown_step_is_named_with_the_known_ones() {
        let Err(message) = choose(steps(&Log::default()), &["x".to_owned()]) else {
            panic!("x is not a step");
        };
        assert_eq!(message, "unknown step `x`; the steps are: install, fmt, counts, drill");
    }

    #[test]
    fn the_summary_has_times_messages_and_counts() {
        let summary = Summary(vec![
            ended("fmt", Ok(()), 1500),
            ended("clippy", Err("two lints"), 2000),
            ended("api", Err("an item is gone:\n  - pub fn a()"), 500),
        ]);
        let expected = "  \
  fmt       ok          1.5 s
  clippy    FAILED      2.0 s
  api       FAILED      0.5 s
  together  1/3         4.0 s

clippy FAILED: two lints
  only this step: cargo xtask test clippy

api FAILED: an item is gone:
  - pub fn a()
  only this step: cargo xtask test api

steps: 1 passed, 2 failed";
        assert_eq!(summary.text("test"), expected);
    }

    #[test]
    fn a_summary_without_failures_is_the_table_and_the_count() {
        let text = Summary(vec![ended("fmt", Ok(()), 1500)]).text("test");
        assert_eq!(text, "  fmt       ok          1.5 s\n  together  1/1         1.5 s\n\nsteps: 1 passed, 0 failed");
    }
}
