//! Finds and reads the repository's files.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns all files with one of these extensions below a directory, except hidden files and build output.
pub(crate) fn below(directory: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for path in entries(&directory)? {
            if path.is_dir() {
                directories.extend(is_ours(&path).then_some(path));
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn is_ours(directory: &Path) -> bool {
    let name = directory.file_name().unwrap_or_default();
    name != "target" && !name.as_encoded_bytes().starts_with(b".")
}

pub(crate) fn entries(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("can't list {}: {error}", directory.display());
    let entries = fs::read_dir(directory).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}

pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("can't read {}: {error}", path.display()))
}

/// Returns the path for messages: relative to the workspace.
pub(crate) fn name(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
