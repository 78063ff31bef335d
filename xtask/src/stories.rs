//! Checks that each small example of the published crates runs and succeeds.

use std::fs;
use std::path::Path;

use crate::run::Tool;

/// The crates that have examples.
const CRATES: [&str; 1] = ["breaker-core"];

pub(crate) fn run(root: &Path) -> Result<(), String> {
    for name in CRATES {
        for story in stories(&root.join(name).join("examples"))? {
            Tool::cargo(root, &["run", "--quiet", "-p", name, "--all-features", "--example", &story]).run()?;
        }
    }
    Ok(())
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
    fn every_crate_of_the_list_has_stories() {
        for name in CRATES {
            let stories = stories(&root().join(name).join("examples")).expect("they are there");
            assert!(stories.len() > 1 && stories.is_sorted(), "{stories:?}");
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
