//! `cargo xtask arrows`: checks which crates and files import which, the number of dependencies, and the length of
//! files, as stated in ARCHITECTURE.md.

mod cfg;
mod circles;
mod crates;
mod imports;
mod lengths;
mod modules;
mod paths;
mod rooms;
mod scopes;
mod tokens;
mod tree;
mod workspace;
mod written;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::sources;
use imports::Imports;
use workspace::{Member, Target};

/// The crate whose rooms are on floors.
const CORE: &str = "breaker-core";

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let members = workspace::members(root)?;
    let mut faults = crates::check(&members);
    for member in members.iter().filter(|member| crates::is_library(member)) {
        faults.extend(inside(root, member).unwrap_or_else(|error| vec![error]));
    }
    faults.extend(tree::check(root).unwrap_or_else(|error| vec![error]));
    faults.extend(lengths::check(root, &members)?);
    if faults.is_empty() {
        println!("    no upward import, no cycle");
        return Ok(());
    }
    let count = faults.len();
    Err(format!("{count} violation(s) of ARCHITECTURE.md:\n  {}", faults.join("\n  ")))
}

/// Checks the arrows between the files of one crate.
fn inside(root: &Path, member: &Member) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    let mut reached = BTreeSet::new();
    for Target { name, root: start } in &member.targets {
        let imports = Imports::of(name, modules::load(start, &sources::read)?);
        faults.extend(imports.circles(root));
        if member.name == CORE {
            let outside: Vec<String> = member.dependencies.iter().map(|dependency| dependency.alias.clone()).collect();
            faults.extend(rooms::BREAKER_CORE.check(&imports, &outside, root));
        }
        println!("    {}: {} files, {} paths", member.name, imports.files.len(), imports.found.len());
        reached.extend(imports.files.into_iter().map(|file| file.path));
    }
    faults.extend(unreached(&root.join(&member.directory).join("src"), &reached, root)?);
    Ok(faults)
}

/// Reports files that no `mod` declares: they are never compiled, and not checked here.
fn unreached(src: &Path, reached: &BTreeSet<PathBuf>, root: &Path) -> Result<Vec<String>, String> {
    let files = sources::below(src, &["rs"])?;
    let lost = files.iter().filter(|file| !reached.contains(*file));
    Ok(lost.map(|file| format!("{}: no `mod` declares this file", sources::name(file, root))).collect())
}
