//! Reads the packages with `cargo metadata`.

use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};

/// Returns the members of one workspace, as their manifests describe them.
pub(crate) fn members(manifest: &Path) -> Result<Metadata, String> {
    run(manifest, MetadataCommand::new().no_deps())
}

/// Returns the members and all their dependencies, in the versions of the lock file.
pub(crate) fn locked(manifest: &Path) -> Result<Metadata, String> {
    run(manifest, MetadataCommand::new().other_options(["--locked".to_owned()]))
}

fn run(manifest: &Path, command: &mut MetadataCommand) -> Result<Metadata, String> {
    command.manifest_path(manifest).exec().map_err(|error| format!("{}: {error}", manifest.display()))
}
