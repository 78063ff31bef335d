//! Checks that no dependency of a published library declares a newer `rust-version` than ours. (Our own code is checked
//! by clippy's lint `incompatible_msrv` in the step `clippy`.)

use std::path::Path;

use cargo_metadata::semver::Version;

use crate::metadata;
use crate::run::Tool;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let packages = packages(root)?;
    ["breaker-core", "breaker-config", "breaker-prometheus"]
        .into_iter()
        .try_for_each(|library| of(root, &packages, library))
}

fn of(root: &Path, packages: &[Package], library: &str) -> Result<(), String> {
    // Everything that users build, on any platform: all features, build scripts and macros included.
    let tree = ["tree", "--quiet", "-p", library, "--all-features", "--target", "all"];
    let tree = Tool::cargo(root, &[&tree[..], &["-e", "normal,build", "--prefix", "none"]].concat()).output()?;
    let ours = packages.iter().find(|package| package.name == library).and_then(|package| package.asks.as_ref());
    let ours = ours.ok_or_else(|| format!("{library} has no `rust-version`"))?;
    let wanted = in_tree(&tree);
    let faults = judge(&wanted, packages, ours);
    if !faults.is_empty() {
        return Err(format!("rust-version = \"{ours}\" is too old:\n  {}", faults.join("\n  ")));
    }
    let silent = packages.iter().filter(|package| package.asks.is_none());
    let silent = silent.filter(|package| wanted.contains(&(&package.name, &package.version))).count();
    println!(
        "    {library}: {} packages, none requires more than Rust {ours} ({silent} have no `rust-version`)",
        wanted.len()
    );
    Ok(())
}

struct Package {
    name: String,
    version: String,
    /// Its `rust-version`, if it has one.
    asks: Option<Version>,
}

fn packages(root: &Path) -> Result<Vec<Package>, String> {
    let packages = metadata::locked(&root.join("Cargo.toml"))?.packages.into_iter();
    let package = |package: cargo_metadata::Package| Package {
        name: package.name.to_string(),
        version: package.version.to_string(),
        asks: package.rust_version,
    };
    Ok(packages.map(package).collect())
}

/// Parses lines such as `tokio v1.48.0` and `syn v2.0.106 (*)`.
fn in_tree(tree: &str) -> Vec<(&str, &str)> {
    let mut packages: Vec<_> = tree
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(" v")?;
            Some((name, rest.split(' ').next().unwrap_or(rest)))
        })
        .collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

fn judge(tree: &[(&str, &str)], packages: &[Package], ours: &Version) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, version) in tree {
        match packages.iter().find(|package| package.name == *name && package.version == *version) {
            None => faults.push(format!("`cargo metadata` doesn't list {name} {version}")),
            Some(Package { asks: Some(asks), .. }) if asks > ours => {
                faults.push(format!("{name} {version} requires Rust {asks}: see `cargo tree -i {name}`"));
            }
            Some(_) => {}
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(tree: &str) -> Vec<String> {
        let package = |name: &str, version: &str, asks: Option<Version>| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            asks,
        };
        let packages = [
            package("old", "1.0.0", Some(Version::new(1, 65, 0))),
            package("same", "1.0.0", Some(Version::new(1, 90, 0))),
            package("new", "2.0.0", Some(Version::new(1, 100, 0))),
            package("mute", "0.1.0", None),
        ];
        judge(&in_tree(tree), &packages, &Version::new(1, 90, 0))
    }

    #[test]
    fn older_and_silent_packages_pass() {
        assert!(faults("old v1.0.0\nmute v0.1.0 (proc-macro)\nsame v1.0.0\nold v1.0.0 (*)\n").is_empty());
    }

    #[test]
    fn a_package_that_asks_for_more_is_named() {
        assert_eq!(faults("old v1.0.0\nnew v2.0.0"), ["new 2.0.0 requires Rust 1.100.0: see `cargo tree -i new`"]);
    }

    #[test]
    fn a_package_that_is_not_found_is_no_pass() {
        assert_eq!(faults("old v1.1.0").len(), 1);
    }
}
