//! How long the sources are: long files are where a house starts to lose its shape.

use std::path::Path;

use super::{Fault, manifest::Member, read, rust_files};

/// Half of all files must be shorter.
const MEDIAN_BELOW: usize = 200;
/// Tiny by nature: they would flatter the median.
const NOT_COUNTED: &str = "ui-tests/cases";

pub(super) fn check(root: &Path, members: &[Member]) -> Result<Vec<Fault>, String> {
    let mut lengths = Vec::new();
    for member in members {
        for path in rust_files(&root.join(&member.directory))? {
            let name = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
            if !name.starts_with(NOT_COUNTED) {
                lengths.push((read(&path)?.lines().count(), name.display().to_string()));
            }
        }
    }
    lengths.sort();
    let Some((longest, name)) = lengths.last() else { return Ok(Vec::new()) };
    let median = lengths[lengths.len() / 2].0;
    println!("    {} files, median {median} lines, longest {longest} ({name})", lengths.len());
    Ok(judge(median))
}

fn judge(median: usize) -> Vec<Fault> {
    let long = median >= MEDIAN_BELOW;
    long.then(|| format!("the median of the files' lengths is {median} lines, it must stay below {MEDIAN_BELOW}"))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_at_the_bound_is_too_long() {
        assert!(judge(MEDIAN_BELOW - 1).is_empty());
        assert_eq!(judge(MEDIAN_BELOW).len(), 1);
    }
}
