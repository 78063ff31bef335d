//! `cargo xtask arrows`: who may know whom, how much comes along, how long files are. ARCHITECTURE.md states it; this
//! fails when it is no longer true.

mod crates;
mod lengths;
mod manifest;
mod paths;
mod rooms;
mod tokens;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

/// A sentence for a person, with the place first where there is one.
type Fault = String;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let members = manifest::members(root)?;
    let outside = manifest::outside(&members, "breaker-core")?;
    let files = sources(&root.join("breaker-core/src"), root)?;
    println!("    {} members, {} sources of breaker-core", members.len(), files.len());

    let mut faults = crates::check(&members);
    faults.extend(rooms::check(&files, &outside));
    faults.extend(tree::check(root).unwrap_or_else(|error| vec![error]));
    faults.extend(lengths::check(root, &members)?);
    if faults.is_empty() {
        println!("    every arrow points down");
        return Ok(());
    }
    let count = faults.len();
    Err(format!("{count} fault(s) in the map that ARCHITECTURE.md draws:\n  {}", faults.join("\n  ")))
}

/// One source file of the core.
struct Source {
    /// As printed in faults.
    name: String,
    /// `engine/word.rs` is `["engine", "word"]`; `lib.rs` is the empty list.
    module: Vec<String>,
    text: String,
}

impl Source {
    fn new(name: &str, inside: &Path, text: String) -> Self {
        let mut module: Vec<String> =
            inside.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
            module.pop();
        }
        // `word_tests.rs` holds the tests of `word.rs`: `#[path = "word_tests.rs"] mod tests;` there. A folder `loom_tests/`
        // holds nothing but tests, too.
        let module = module
            .into_iter()
            .flat_map(|name| match name.strip_suffix("_tests") {
                Some(of) => vec![of.to_owned(), "tests".to_owned()],
                None => vec![name],
            })
            .collect();
        Self { name: name.to_owned(), module, text }
    }
}

fn sources(src: &Path, root: &Path) -> Result<Vec<Source>, String> {
    let mut files = Vec::new();
    for path in rust_files(src)? {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let inside = path.strip_prefix(src).unwrap_or(&path);
        files.push(Source::new(&name, inside, read(&path)?));
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn rust_files(inside: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let mut directories = vec![inside.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for path in entries(&directory)? {
            if path.is_dir() {
                // What a crate of its own builds.
                directories.extend((!path.ends_with("target")).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("can't list {}: {error}", directory.display());
    let entries = fs::read_dir(directory).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("can't read {}: {error}", path.display()))
}
