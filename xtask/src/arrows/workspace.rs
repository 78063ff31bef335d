//! Reads the crates of this repository and their dependencies with cargo.

use std::path::{Path, PathBuf};

use cargo_metadata::{Package, TargetKind};

use crate::metadata;
use crate::sources::entries;

/// A crate of ours.
pub(super) struct Member {
    pub(super) name: String,
    /// The directory relative to the root, with `/`.
    pub(super) directory: String,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) targets: Vec<Target>,
}

#[derive(Debug, Clone)]
pub(super) struct Dependency {
    /// The package's real name.
    pub(super) package: String,
    /// The name that paths in the sources start with.
    pub(super) alias: String,
    /// The table in the manifest: `dependencies`, `dev-dependencies` or `build-dependencies`.
    pub(super) table: String,
}

/// A library or a program, without tests, examples and benches.
pub(super) struct Target {
    /// Its name in paths of the sources.
    pub(super) name: String,
    pub(super) root: PathBuf,
}

/// Returns the members of the workspace, and the crates outside it that need another compiler.
pub(super) fn members(root: &Path) -> Result<Vec<Member>, String> {
    let mut members = packages(root, &root.join("Cargo.toml"))?;
    let is_known = |members: &[Member], directory: &str| members.iter().any(|member| member.directory == directory);
    for parent in [root.to_path_buf(), root.join("integrations")].iter().filter(|parent| parent.is_dir()) {
        for directory in entries(parent)? {
            let manifest = directory.join("Cargo.toml");
            if manifest.is_file() && !is_known(&members, &relative(&directory, root)) {
                members.extend(packages(root, &manifest)?);
            }
        }
    }
    members.sort_by(|a, b| a.directory.cmp(&b.directory));
    Ok(members)
}

fn packages(root: &Path, manifest: &Path) -> Result<Vec<Member>, String> {
    Ok(metadata::members(manifest)?.packages.into_iter().map(|package| member(root, package)).collect())
}

fn member(root: &Path, package: Package) -> Member {
    let directory = package.manifest_path.parent().map_or(Path::new(""), |directory| directory.as_std_path());
    let directory = relative(directory, root);
    let dependencies = package.dependencies.into_iter().map(|dependency| Dependency {
        alias: dependency.rename.unwrap_or_else(|| dependency.name.clone()).replace('-', "_"),
        package: dependency.name,
        table: match dependency.kind.to_string().as_str() {
            "normal" => "dependencies".to_owned(),
            kind => format!("{kind}-dependencies"),
        },
    });
    let is_checked = |kind: &TargetKind| matches!(kind, TargetKind::Lib | TargetKind::ProcMacro | TargetKind::Bin);
    let targets = package.targets.into_iter().filter(|target| target.kind.iter().any(is_checked));
    let targets =
        targets.map(|target| Target { name: target.name.replace('-', "_"), root: target.src_path.into_std_path_buf() });
    Member {
        name: package.name.to_string(),
        directory,
        dependencies: dependencies.collect(),
        targets: targets.collect(),
    }
}

fn relative(directory: &Path, root: &Path) -> String {
    let inside = directory.strip_prefix(root).unwrap_or(directory);
    inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
