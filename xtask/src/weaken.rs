//! `cargo xtask weaken`: checks that each ordering of the engine is needed, and that a loom model fails without it.
//! Plants the weakenings of `engine/loom_tests/weakenings.txt` one by one, in a copy, and runs the models that must
//! fail.

mod complete;
mod models;
mod plant;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::published;
use crate::run::target;
use models::{Models, Verdict};
use table::Row;

const SOURCES: &str = "breaker-core/src";
const TABLE: &str = "breaker-core/src/engine/loom_tests/weakenings.txt";

/// Runs all rows, or those whose names begin with one of these.
pub(crate) fn run(root: &Path, names: &[String]) -> Result<(), String> {
    let text = fs::read_to_string(root.join(TABLE)).map_err(|error| format!("can't read {TABLE}: {error}"))?;
    let rows = table::parse(&text).map_err(|fault| format!("{TABLE}: {fault}"))?;
    let faults = complete::faults(&root.join(SOURCES), &rows).map_err(|fault| format!("{TABLE}: {fault}"))?;
    let rows = choose(rows, names)?;
    let place = Place::new(root)?;
    let models: BTreeSet<&str> = rows.iter().flat_map(Row::models).map(String::as_str).collect();
    place.build()?.control(&place.directory, &models.into_iter().collect::<Vec<_>>())?;
    let unnoticed: Vec<String> = rows.iter().flat_map(|row| place.weaken(row)).collect();
    let faults: Vec<String> = faults.into_iter().chain(unnoticed).collect();
    if faults.is_empty() {
        println!("    {} weakenings: each was detected", rows.len());
        return Ok(());
    }
    Err(format!("of {} weakenings and all orderings:\n  {}", rows.len(), faults.join("\n  ")))
}

/// Returns the rows to weaken: all, or those whose names begin with one of these.
fn choose(rows: Vec<Row>, names: &[String]) -> Result<Vec<Row>, String> {
    if let Some(unknown) = names.iter().find(|name| rows.iter().all(|row| !row.name.starts_with(name.as_str()))) {
        return Err(format!("{TABLE} has no row [{unknown}…]"));
    }
    let is_named = |row: &Row| names.is_empty() || names.iter().any(|name| row.name.starts_with(name.as_str()));
    Ok(rows.into_iter().filter(|row| !row.models().is_empty() && is_named(row)).collect())
}

/// The copy that the weakenings are planted in.
struct Place {
    directory: PathBuf,
    house: PathBuf,
}

impl Place {
    fn new(root: &Path) -> Result<Self, String> {
        let directory = target(root).join("weaken");
        let house = directory.join("house");
        published::copy(root, &house)?;
        // The versions that the step `loom` runs with.
        fs::copy(root.join("Cargo.lock"), house.join("Cargo.lock"))
            .map_err(|error| format!("can't copy Cargo.lock: {error}"))?;
        Ok(Self { directory, house })
    }

    fn build(&self) -> Result<Models, String> {
        Models::build(&self.house, &self.directory.join("build"))
    }

    /// Plants a row, prints the verdicts of its models, and removes it again. Returns the row's faults.
    fn weaken(&self, row: &Row) -> Vec<String> {
        let start = Instant::now();
        let faults = match self.try_row(row) {
            Ok(verdicts) => {
                for (model, verdict) in &verdicts {
                    println!("    {:<34} {model:<60} {verdict}", row.name);
                }
                let unnoticed = verdicts.into_iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Failed(_)));
                unnoticed.map(|(model, verdict)| format!("[{}] {model}: {verdict}", row.name)).collect()
            }
            Err(fault) => vec![format!("[{}] {fault}", row.name)],
        };
        println!("    {:<34} {} s", "", start.elapsed().as_secs());
        faults
    }

    fn try_row<'a>(&self, row: &'a Row) -> Result<Vec<(&'a str, Verdict)>, String> {
        let sources = self.house.join(SOURCES);
        let write = |file: &str, text: &str| {
            fs::write(sources.join(file), text).map_err(|error| format!("can't write {file}: {error}"))
        };
        let mut before = Vec::new();
        for hunk in &row.hunks {
            let text = complete::read(&sources, &hunk.file)?;
            write(&hunk.file, &plant::plant(&text, hunk)?)?;
            before.push((&hunk.file, text));
        }
        let built = self.build();
        let verdicts = built.and_then(|models| {
            let verdict = |model: &'a String| Ok((model.as_str(), models.run(&self.directory, model)?));
            row.models().iter().map(verdict).collect()
        });
        // Restores in reverse order: a file may have several hunks.
        for (file, text) in before.into_iter().rev() {
            write(file, &text)?;
        }
        verdicts
    }
}
