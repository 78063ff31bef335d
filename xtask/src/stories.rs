//! Checks that each small example of the published crates runs and succeeds.

use std::fs;
use std::path::Path;

use crate::published;
use crate::run::{Tool, target};

pub(crate) fn run(root: &Path) -> Result<(), String> {
    // All at once and as the tests, which have built them already.
    let build = ["build", "--quiet", "--profile", "test", "--workspace", "--all-features", "--examples"];
    Tool::cargo(root, &build).run()?;
    let programs = target(root).join("debug").join("examples");
    for (directory, _) in crates(root) {
        for story in stories(&root.join(directory).join("examples"))? {
            Tool::new(&programs.join(story).to_string_lossy(), root, &[]).run()?;
        }
    }
    Ok(())
}

/// Returns the directories and names of the published crates that have examples.
fn crates(root: &Path) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = published::PUBLISHED.into_iter().zip(published::names());
    all.filter(|(directory, _)| root.join(directory).join("examples").exists())
}

/// Returns the names of the examples in a folder, sorted. An empty folder is an error: the check could never fail.
fn stories(folder: &Path) -> Result<Vec<String>, String> {
    let read = |error| format!("can't read {}: {error}", folder.display());
    let mut stories = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            stories.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    stories.sort();
    if stories.is_empty() { Err(format!("no example in {}", folder.display())) } else { Ok(stories) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn every_crate_with_examples_has_stories() {
        let crates: Vec<_> = crates(&root()).collect();
        assert!(crates.contains(&("breaker-core", "breaker-core")) && crates.len() > 2, "{crates:?}");
        for (directory, _) in crates {
            let stories = stories(&root().join(directory).join("examples")).expect("they are there");
            assert!(!stories.is_empty() && stories.is_sorted(), "{stories:?}");
        }
    }

    #[test]
    fn no_two_stories_have_the_same_name() {
        let root = root();
        let folders = crates(&root).map(|(directory, _)| root.join(directory).join("examples"));
        let mut all: Vec<_> = folders.flat_map(|folder| stories(&folder).expect("they are there")).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "cargo builds all examples into one directory");
    }

    #[test]
    fn a_folder_without_stories_is_an_error() {
        let folder = root().join("xtask/src");
        assert!(stories(&folder).is_ok());
        assert!(stories(&folder.join("nowhere")).is_err());
        assert!(stories(&root().join(".ci")).is_err());
    }
}
