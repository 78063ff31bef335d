//! Builds the published crates with the oldest versions that their manifests allow: `serde = "1.0"` promises that 1.0.0
//! is enough. Uses a copy, so that neither Cargo.lock nor our manifests change.

use std::path::Path;

use crate::published;
use crate::run::{Tool, target};

pub(super) fn run(root: &Path) -> Result<(), String> {
    let directory = target(root).join("minimal");
    let house = directory.join("house");
    published::copy(root, &house)?;
    // Only the resolver needs the unstable flag: the build itself is like that of users.
    Tool::cargo(&house, &["update", "-Z", "direct-minimal-versions"]).env("RUSTC_BOOTSTRAP", "1").run()?;
    let build = directory.join("build");
    for features in [&["--no-default-features"][..], &[], &["--all-features"]] {
        let check = ["check", "--locked", "--workspace"];
        Tool::cargo(&house, &[&check[..], features].concat())
            .env("CARGO_TARGET_DIR", &build.to_string_lossy())
            .run()?;
    }
    Ok(())
}
