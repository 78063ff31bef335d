//! Checks that each published crate builds from its package alone, and that the package contains everything a registry
//! shows. Uncommitted changes are packaged, too.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::Package;

use crate::metadata;
use crate::published;
use crate::run::{Tool, target};

/// The files beside the sources in every package.
const BESIDE: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// The registry accepts no more.
const MOST_KEYWORDS: usize = 5;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let members = metadata::members(&root.join("Cargo.toml"))?.packages;
    let mut faults: Vec<String> = members.iter().flat_map(manifest).collect();
    let published: Vec<&Package> = members.iter().filter(|member| is_published(&member.name)).collect();
    let house = unpacked(root, &published)?;
    for member in &published {
        faults.extend(contents(root, &house.join(folder(member)))?);
    }
    if !faults.is_empty() {
        return Err(format!("published crates are incomplete:\n  {}", faults.join("\n  ")));
    }
    built(root, &house)
}

/// The name of the folder inside a package.
fn folder(member: &Package) -> String {
    format!("{}-{}", member.name, member.version)
}

/// Unpacks the packages of all crates into a workspace of their own.
///
/// cargo's own verification is not enough: it unpacks a package once and reuses it after a change, as long as the
/// version stays the same.
fn unpacked(root: &Path, published: &[&Package]) -> Result<PathBuf, String> {
    let target = target(root);
    // After this, the lock files of the packages can be written without the network.
    Tool::cargo(root, &["fetch", "--locked"]).run()?;
    let package = ["package", "--quiet", "--offline", "--allow-dirty", "--no-verify", "--target-dir"];
    let package = Tool::cargo(root, &package).arg(&target.to_string_lossy());
    published::names().fold(package, |package, name| package.arg("-p").arg(name)).run()?;

    let packages = target.join("package");
    let house = packages.join("house");
    let failed = |error| format!("can't make {}: {error}", house.display());
    if house.exists() {
        fs::remove_dir_all(&house).map_err(failed)?;
    }
    fs::create_dir_all(&house).map_err(failed)?;
    for member in published {
        // `m` sets the current time: cargo gives all files in a package the same old time, which would hide changes.
        let package = packages.join(format!("{}.crate", folder(member)));
        Tool::new("tar", &house, &["-xmzf", &package.to_string_lossy()]).run()?;
    }
    fs::write(house.join("Cargo.toml"), workspace(published)).map_err(failed)?;
    fs::copy(root.join("Cargo.lock"), house.join("Cargo.lock")).map_err(failed)?;
    Ok(house)
}

/// Writes a manifest that replaces these crates of the registry by the packages beside it.
fn workspace(published: &[&Package]) -> String {
    let patch = |member: &&Package| format!("{} = {{ path = \"{}\" }}\n", member.name, folder(member));
    let patches: String = published.iter().map(patch).collect();
    format!("[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\n[patch.crates-io]\n{patches}")
}

/// Builds the crates one by one, so that none relies on features that another one enables. Uses our own target
/// directory, so that built dependencies are reused.
fn built(root: &Path, house: &Path) -> Result<(), String> {
    published::names().try_for_each(|name| {
        let build = Tool::cargo(house, &["build", "--quiet", "--offline", "-p", name]);
        build.env("CARGO_TARGET_DIR", &target(root).to_string_lossy()).run()
    })
}

fn is_published(name: &str) -> bool {
    published::names().any(|published| published == name)
}

/// Returns the faults of a member's manifest.
fn manifest(member: &Package) -> Vec<String> {
    let name = &member.name;
    let is_private = member.publish.as_ref().is_some_and(Vec::is_empty);
    if !is_published(name) {
        let fault = format!("{name}: needs `publish = false`, or an entry in xtask/src/published.rs");
        return (!is_private).then_some(fault).into_iter().collect();
    }
    let keywords = member.keywords.len();
    let wrong = [
        (is_private, "is published, but has `publish = false`"),
        (member.description.is_none(), "has no `description`"),
        (member.license.is_none(), "has no `license`"),
        (member.rust_version.is_none(), "has no `rust-version`"),
        (member.categories.is_empty(), "has no `categories`"),
        (keywords == 0 || keywords > MOST_KEYWORDS, "needs 1 to 5 `keywords`"),
        (
            member.dependencies.iter().any(is_loose),
            "must require exactly its own version of breaker-keys and breaker-macros",
        ),
    ];
    wrong.iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, why)| format!("{name}: {why}")).collect()
}

/// Whether this is a dependency on one of our implementation details that doesn't require an exact version.
fn is_loose(dependency: &cargo_metadata::Dependency) -> bool {
    let is_detail = ["breaker-keys", "breaker-macros"].contains(&dependency.name.as_str());
    is_detail && !dependency.req.to_string().starts_with('=')
}

/// Returns the faults of an unpacked package.
fn contents(root: &Path, package: &Path) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for name in BESIDE {
        let Ok(text) = fs::read(package.join(name)) else {
            faults.push(format!("{}: no {name}", package.display()));
            continue;
        };
        let is_licence = name.starts_with("LICENSE");
        let expected = fs::read(root.join(name)).map_err(|error| format!("can't read {name}: {error}"));
        if is_licence && text != expected? {
            faults.push(format!("{}: {name} differs from the repository's", package.display()));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use cargo_metadata::MetadataCommand;

    use super::*;

    const GOOD: &str = r#"{"version": 1, "workspace_members": [], "workspace_root": "/a", "target_directory": "/a", "packages": [{
        "name": "breaker-core", "version": "0.1.0", "id": "a", "manifest_path": "/a/Cargo.toml", "publish": null,
        "description": "A text", "license": "MIT", "rust_version": "1.90", "categories": ["asynchronous"],
        "keywords": ["async"], "targets": [], "features": {}, "dependencies": [{
            "name": "breaker-keys", "req": "=0.1.0", "kind": null, "optional": false, "uses_default_features": true,
            "features": []}]
    }]}"#;

    fn faults(from: &str, to: &str) -> Vec<String> {
        assert!(GOOD.contains(from), "{from}");
        let metadata = MetadataCommand::parse(GOOD.replacen(from, to, 1)).expect("as cargo writes it");
        metadata.packages.iter().flat_map(manifest).collect()
    }

    #[test]
    fn a_published_crate_says_what_a_registry_shows() {
        assert!(faults("", "").is_empty());
        for (from, to, fault) in [
            (r#""A text""#, "null", "breaker-core: has no `description`"),
            (r#""MIT""#, "null", "breaker-core: has no `license`"),
            (r#""1.90""#, "null", "breaker-core: has no `rust-version`"),
            (r#"["asynchronous"]"#, "[]", "breaker-core: has no `categories`"),
            (r#"["async"]"#, "[]", "breaker-core: needs 1 to 5 `keywords`"),
            (r#"["async"]"#, r#"["a", "b", "c", "d", "e", "f"]"#, "breaker-core: needs 1 to 5 `keywords`"),
            (r#""publish": null"#, r#""publish": []"#, "breaker-core: is published, but has `publish = false`"),
        ] {
            assert_eq!(faults(from, to), [fault]);
        }
    }

    #[test]
    fn a_member_that_is_not_published_says_so() {
        assert_eq!(faults("breaker-core", "xtask").len(), 1);
        let private = MetadataCommand::parse(
            GOOD.replace("breaker-core", "xtask").replace(r#""publish": null"#, r#""publish": []"#),
        );
        assert!(private.expect("as cargo writes it").packages.iter().all(|member| manifest(member).is_empty()));
    }

    #[test]
    fn implementation_details_are_required_exactly() {
        let fault = "breaker-core: must require exactly its own version of breaker-keys and breaker-macros";
        assert_eq!(faults("=0.1.0", "^0.1.0"), [fault]);
        assert!(faults(r#""name": "breaker-keys", "req": "=0.1.0""#, r#""name": "serde", "req": "^1.0""#).is_empty());
    }

    #[test]
    fn a_package_holds_the_licences_of_the_repository() {
        let root = crate::workspace_root();
        let lacking = contents(&root, &root.join("docs")).expect("readable");
        assert_eq!(lacking.len(), BESIDE.len());
        assert_eq!(contents(&root, &root.join("breaker-core")), Ok(Vec::new()));
    }
}
