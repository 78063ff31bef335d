//! Checks that every ordering of the engine is in the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::plant::place;
use super::table::Row;

/// The rooms with the engine's atomics, below `breaker-core/src`.
const ROOMS: [&str; 2] = ["engine", "sync"];
/// Code that needs a row, or a reason for having none. Relaxed can't be weakened.
const STRONG: [&str; 5] =
    ["Ordering::Acquire", "Ordering::Release", "Ordering::AcqRel", "Ordering::SeqCst", "compare_exchange"];

/// Returns the faults of the table: rows that are not in the sources, and orderings that are in no row.
pub(super) fn faults(sources: &Path, rows: &[Row]) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for room in ROOMS {
        for file in files(sources, room)? {
            let text = read(sources, &file)?;
            let named = named(&text, &file, rows, &mut faults);
            let strong = text.lines().enumerate().filter(|(at, line)| is_strong(line) && !named.contains(at));
            faults.extend(strong.map(|(at, line)| format!("{file}:{}: `{}` is in no row", at + 1, line.trim())));
        }
    }
    Ok(faults)
}

pub(super) fn read(sources: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(sources.join(file)).map_err(|error| format!("can't read {file}: {error}"))
}

fn is_strong(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    STRONG.iter().any(|word| code.contains(word))
}

/// Returns the lines of a file that are in a row.
fn named(text: &str, file: &str, rows: &[Row], faults: &mut Vec<String>) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    for row in rows {
        for hunk in row.hunks.iter().filter(|hunk| hunk.file == file) {
            match place(text, hunk) {
                Ok(at) => lines.extend(at..at + hunk.strong.len()),
                Err(fault) => faults.push(format!("[{}] {fault}", row.name)),
            }
        }
    }
    lines
}

/// Returns the files directly in a room. Its folders contain tests and models.
fn files(sources: &Path, room: &str) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(sources.join(room)).map_err(|error| format!("can't list {room}: {error}"))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<Result<Vec<_>, _>>().map_err(|error| format!("can't list {room}: {error}"))?;
    let is_source = |name: &String| Path::new(name).extension().is_some_and(|extension| extension == "rs");
    let mut files: Vec<_> = names.into_iter().filter(is_source).map(|name| format!("{room}/{name}")).collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_relaxed_are_no_places() {
        assert!(is_strong("    cell.load(Ordering::Acquire)"));
        assert!(!is_strong("    // Ordering::Acquire pairs with"));
        assert!(!is_strong("    cell.load(Ordering::Relaxed)"));
    }
}
