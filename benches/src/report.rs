//! Writes the figures to the page of this processor, its plot and the README's table.

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

/// Returns the text of the page.
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

/// In percent of the machine's time: with more for other programs, the README's table is left as it is.
const TOO_MUCH: f64 = 2.0;

/// Writes the page and the plot of this processor, and the README's table if the machine was quiet.
pub(crate) fn save(results: &Results, machine: &Machine, report: &str) -> Result<(), String> {
    let put = |path: &Path, text: &str| {
        println!("writes {}", path.strip_prefix(root()).unwrap_or(path).display());
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    put(&root().join(machine.page()), report)?;
    if let Some(failing) = &results.failing {
        put(&root().join(machine.page()).with_extension("svg"), &plot::svg(failing, machine.cores))?;
    }
    if let Some(others) = machine.others.filter(|others| *others > TOO_MUCH) {
        println!(
            "README.md keeps its table: other programs had {others:.1} % of the machine, at most {TOO_MUCH} is allowed"
        );
        return Ok(());
    }
    let path = root().join("README.md");
    let before = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    put(&path, &readme::replaced(&before, &readme::table(results, machine))?)
}
