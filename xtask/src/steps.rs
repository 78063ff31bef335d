//! Runs named steps in order, with the time of each, and stops at the first that fails.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// One thing that must hold.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// What it shows, in a few words.
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

/// Keeps the steps that are named; none named means all.
pub(crate) fn choose(steps: Vec<Step>, names: &[String]) -> Result<Vec<Step>, String> {
    let known: Vec<&str> = steps.iter().map(|step| step.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("no step is called `{unknown}`; the steps are: {}", known.join(", ")));
    }
    Ok(steps.into_iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)).collect())
}

/// Runs them all for `cargo xtask <command>`; the table of times is printed in either case.
pub(crate) fn run_all(command: &str, steps: Vec<Step>) -> Result<(), String> {
    let total = steps.len();
    let mut rows = Vec::with_capacity(total);
    let mut failed = None;
    for (index, step) in steps.into_iter().enumerate() {
        println!("\n[{}/{total}] {}: {}", index + 1, step.name, step.shows);
        let start = Instant::now();
        let result = (step.run)();
        let took = start.elapsed();
        println!("[{}/{total}] {} {} in {}", index + 1, step.name, verdict(result.is_ok()), seconds(took));
        rows.push((step.name, result.is_ok(), took));
        if let Err(message) = result {
            failed = Some((step.name, message));
            break;
        }
    }
    println!("\n{}", table(&rows, total));
    match failed {
        None => Ok(()),
        Some((name, message)) => {
            Err(format!("stopped at step `{name}`: {message}\n       this step alone: cargo xtask {command} {name}"))
        }
    }
}

fn verdict(ok: bool) -> &'static str {
    if ok { "ok" } else { "FAILED" }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn table(rows: &[(&str, bool, Duration)], total: usize) -> String {
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or(0).max("together".len());
    let mut text = String::new();
    for (name, ok, took) in rows {
        // Writing to a String can't fail.
        let _ = writeln!(text, "  {name:<width$}  {:<6}  {:>9}", verdict(*ok), seconds(*took));
    }
    let all: Duration = rows.iter().map(|(.., took)| *took).sum();
    let passed = rows.iter().filter(|(_, ok, _)| *ok).count();
    let _ = write!(text, "  {:<width$}  {:<6}  {:>9}", "together", format!("{passed}/{total}"), seconds(all));
    text
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    fn recording(log: &Rc<RefCell<Vec<&'static str>>>, name: &'static str, ok: bool) -> Step {
        let log = Rc::clone(log);
        Step::new(name, "a test", move || {
            log.borrow_mut().push(name);
            if ok { Ok(()) } else { Err("it broke".to_owned()) }
        })
    }

    #[test]
    fn stops_at_the_first_failure_and_names_it() {
        let log = Rc::default();
        let steps = vec![recording(&log, "a", true), recording(&log, "b", false), recording(&log, "c", true)];
        let message = run_all("test", steps).expect_err("b fails");
        assert_eq!(*log.borrow(), ["a", "b"]);
        assert!(message.contains("stopped at step `b`: it broke"), "{message}");
    }

    #[test]
    fn only_the_named_steps_run() {
        let log = Rc::default();
        let steps = vec![recording(&log, "a", true), recording(&log, "b", true)];
        run_all("test", choose(steps, &["b".to_owned()]).expect("b is known")).expect("b passes");
        assert_eq!(*log.borrow(), ["b"]);
    }

    #[test]
    fn an_unknown_step_is_named_with_the_known_ones() {
        let log = Rc::default();
        let Err(message) = choose(vec![recording(&log, "a", true)], &["x".to_owned()]) else {
            panic!("x is no step");
        };
        assert_eq!(message, "no step is called `x`; the steps are: a");
    }

    #[test]
    fn the_table_tells_how_many_passed() {
        let rows = [("fmt", true, Duration::from_millis(1500)), ("clippy", false, Duration::from_secs(2))];
        let text = table(&rows, 3);
        assert_eq!(text, "  fmt       ok          1.5 s\n  clippy    FAILED      2.0 s\n  together  1/3         3.5 s");
    }
}
