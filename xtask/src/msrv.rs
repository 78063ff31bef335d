//! The `rust-version` that users are told: no package that comes with a published library asks for a newer one. (That our own
//! code needs nothing newer is for clippy's lint `incompatible_msrv`, which is on in the step `clippy`.)

use std::path::Path;

use crate::run::Tool;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    ["breaker-core", "breaker-config"].into_iter().try_for_each(|library| of(root, library))
}

fn of(root: &Path, library: &str) -> Result<(), String> {
    // Everything that users build, on any system: all features, build scripts and macros included.
    let tree = ["tree", "--quiet", "-p", library, "--all-features", "--target", "all"];
    let tree = Tool::cargo(root, &[&tree[..], &["-e", "normal,build", "--prefix", "none"]].concat()).output()?;
    let metadata = Tool::cargo(root, &["metadata", "--quiet", "--format-version", "1", "--locked"]).output()?;
    let packages = packages(&metadata);
    let ours = packages.iter().find(|package| package.name == library).and_then(|package| package.asks);
    let ours = ours.ok_or_else(|| format!("{library} says no `rust-version`"))?;
    let wanted = in_tree(&tree);
    let faults = judge(&wanted, &packages, ours);
    if !faults.is_empty() {
        return Err(format!("rust-version = \"{ours}\" isn't true:\n  {}", faults.join("\n  ")));
    }
    let silent = packages.iter().filter(|package| package.asks.is_none());
    let silent = silent.filter(|package| wanted.contains(&(package.name, package.version))).count();
    println!("    {library}: {} packages, none asks for more than Rust {ours} ({silent} say nothing)", wanted.len());
    Ok(())
}

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    /// Its `rust-version`, where it says one.
    asks: Option<&'a str>,
}

/// As much of cargo's JSON as is needed. Within its strings a quote is escaped, so a key that is found is a key.
fn packages(metadata: &str) -> Vec<Package<'_>> {
    // Dependencies and targets have a name, too, but no version beside it.
    let objects = metadata
        .split("{\"name\":\"")
        .filter(|object| object.split_once('"').is_some_and(|(_, rest)| rest.starts_with(",\"version\":")));
    // A package's `rust_version` stands behind its dependencies: it is found in whatever comes before the next package.
    let starts: Vec<usize> = objects.map(|object| object.as_ptr() as usize - metadata.as_ptr() as usize).collect();
    let ends = starts.iter().skip(1).copied().chain([metadata.len()]);
    starts.iter().zip(ends).map(|(&start, end)| package(&metadata[start..end])).collect()
}

fn package(text: &str) -> Package<'_> {
    let value = |key: &str| text.split_once(key).and_then(|(_, rest)| rest.split('"').next());
    Package {
        name: text.split('"').next().unwrap_or_default(),
        version: value("\"version\":\"").unwrap_or_default(),
        asks: value("\"rust_version\":\""),
    }
}

/// Lines such as `tokio v1.48.0` and `syn v2.0.106 (*)`.
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

fn judge(tree: &[(&str, &str)], packages: &[Package<'_>], ours: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, version) in tree {
        match packages.iter().find(|package| package.name == *name && package.version == *version) {
            None => faults.push(format!("`cargo metadata` doesn't tell of {name} {version}")),
            Some(Package { asks: Some(asks), .. }) if number(asks) > number(ours) => {
                faults.push(format!("{name} {version} asks for Rust {asks}: see `cargo tree -i {name}`"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// `1.90` and `1.90.0` are the same.
fn number(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(u32::MAX));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{"packages":[{"name":"old","version":"1.0.0","id":"x","description":"\"rust_version\":\"9.9\"",
        "dependencies":[{"name":"new","source":"y"}],"targets":[{"name":"old"}],"rust_version":"1.65"},
        {"name":"new","version":"2.0.0","dependencies":[],"rust_version":"1.91.0"},{"name":"mute","version":"0.1.0","rust_version":null}]}"#;

    fn faults(tree: &str) -> Vec<String> {
        judge(&in_tree(tree), &packages(METADATA), "1.90")
    }

    #[test]
    fn older_and_silent_packages_pass() {
        assert!(faults("old v1.0.0\nmute v0.1.0 (proc-macro)\nold v1.0.0 (*)\n").is_empty());
    }

    #[test]
    fn a_package_that_asks_for_more_is_named() {
        assert_eq!(faults("old v1.0.0\nnew v2.0.0"), ["new 2.0.0 asks for Rust 1.91.0: see `cargo tree -i new`"]);
    }

    #[test]
    fn a_package_that_is_not_found_is_no_pass() {
        assert_eq!(faults("old v1.1.0").len(), 1);
    }

    #[test]
    fn versions_are_numbers() {
        assert!(number("1.100") > number("1.90"));
        assert_eq!(number("1.90"), number("1.90.0"));
    }
}
