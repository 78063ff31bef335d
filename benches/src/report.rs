//! Writes the figures to `RESULTS.md`, the README's table and the plot.

use std::fs;
use std::path::Path;

use crate::machine::{Machine, root};
use crate::measure::Effort;
use crate::scenarios::Results;

mod goals;
mod markdown;
mod plot;
mod readme;
mod sections;

/// Returns the text of `RESULTS.md`.
pub(crate) fn write(results: &Results, machine: &Machine, effort: Effort) -> String {
    let mut text = String::from(
        "# This project and other circuit breakers\n\n\
         `cargo xtask bench` has measured this and written it, goals and verdicts included. Nothing in it is typed by hand.\n\n",
    );
    text += &sections::conditions(machine, effort);
    text += &goals::section(results);
    text += &sections::figures(results);
    text += &sections::growth(results);
    text += &sections::fairness(machine);
    text
}

/// Writes all three files.
pub(crate) fn save(results: &Results, machine: &Machine, report: &str) -> Result<(), String> {
    let put = |path: &Path, text: &str| {
        println!("writes {}", path.strip_prefix(root()).unwrap_or(path).display());
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    put(&root().join("benches/RESULTS.md"), report)?;
    if let Some(failing) = &results.failing {
        put(&root().join("benches/threads.svg"), &plot::svg(failing, machine.cores))?;
    }
    let path = root().join("README.md");
    let before = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    put(&path, &readme::replaced(&before, &readme::table(results, machine))?)
}
