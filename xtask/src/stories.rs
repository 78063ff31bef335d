//! Checks that each small example of the published crates runs and succeeds.

use std::fs;
use std::path::Path;

use crate::published;
use crate::run::Tool;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    for (directory, name) in crates(root) {
        for story in stories(&root.join(directory).join("examples"))? {
            Tool::cargo(root, &["run", "--quiet", "-p", name, "--all-features", "--example", &story]).run()?;
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
    fn a_folder_without_stories_is_an_error() {
        let folder = root().join("xtask/src");
        assert!(stories(&folder).is_ok());
        assert!(stories(&folder.join("nowhere")).is_err());
        assert!(stories(&root().join(".ci")).is_err());
    }
}
