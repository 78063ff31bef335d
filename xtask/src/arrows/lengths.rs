//! Checks the lengths of the source files.

use std::collections::BTreeSet;
use std::path::Path;

use super::workspace::Member;
use crate::sources;

/// Half of all files must be shorter.
const MEDIAN_BELOW: usize = 200;
/// These files are very short and would lower the median.
const NOT_COUNTED: &str = "ui-tests/cases";

pub(super) fn check(root: &Path, members: &[Member]) -> Result<Vec<String>, String> {
    // A member may be inside another one.
    let mut paths = BTreeSet::new();
    for member in members {
        paths.extend(sources::below(&root.join(&member.directory), &["rs"])?);
    }
    let mut lengths = Vec::new();
    for path in paths.iter().filter(|path| !path.starts_with(root.join(NOT_COUNTED))) {
        lengths.push((sources::read(path)?.lines().count(), sources::name(path, root)));
    }
    lengths.sort();
    let Some((longest, name)) = lengths.last() else { return Ok(Vec::new()) };
    let median = lengths[lengths.len() / 2].0;
    println!("    {} files, median {median} lines, longest {longest} ({name})", lengths.len());
    Ok(judge(median))
}

fn judge(median: usize) -> Vec<String> {
    let long = median >= MEDIAN_BELOW;
    long.then(|| format!("the median length of the files is {median} lines, but must be below {MEDIAN_BELOW}"))
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
