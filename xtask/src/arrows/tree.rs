//! Checks the dependencies of breaker-core, as listed by `cargo tree`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::run::Tool;

/// Maximum number of packages: users build each of them in every clean build.
const MOST_PACKAGES: usize = 30;

/// Packages that only a feature may bring in.
const NOT_BARE: &[&str] = &["tokio", "tracing", "serde", "humantime", "breaker-macros"];

pub(super) fn check(root: &Path) -> Result<Vec<String>, String> {
    let default = packages(&tree(root, &[])?);
    let bare = packages(&tree(root, &["--no-default-features"])?);
    println!(
        "    breaker-core brings {} packages, itself included ({} without default features)",
        default.len(),
        bare.len()
    );
    Ok(judge(&default, &bare))
}

fn judge(default: &BTreeSet<String>, bare: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    if default.len() > MOST_PACKAGES {
        let all: Vec<&str> = default.iter().map(String::as_str).collect();
        faults.push(format!(
            "breaker-core brings {} packages, at most {MOST_PACKAGES}: {}",
            default.len(),
            all.join(", ")
        ));
    }
    for package in bare {
        let name = package.split(' ').next().unwrap_or(package);
        if NOT_BARE.contains(&name) {
            faults
                .push(format!("breaker-core without default features brings `{package}`: see `cargo tree -i {name}`"));
        }
    }
    faults
}

fn tree(root: &Path, features: &[&str]) -> Result<String, String> {
    let tree = ["tree", "--quiet", "-p", "breaker-core", "-e", "normal", "--prefix", "none"];
    Tool::cargo(root, &[&tree, features].concat()).output()
}

/// Returns each package once, as `name version`. In the tree, a repeated one ends in `(*)`, and ours have their
/// directory.
fn packages(tree: &str) -> BTreeSet<String> {
    let packages = tree.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
    packages.filter(|package| !package.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "breaker-core v0.1.0 (/somewhere)\nonce_cell v1.21.3\ntokio v1.48.0\nonce_cell v1.21.3 (*)\n";

    #[test]
    fn a_package_counts_once() {
        assert_eq!(packages(TREE).len(), 3);
    }

    #[test]
    fn a_runtime_in_the_bare_tree_is_reported() {
        let found = judge(&packages(TREE), &packages(TREE));
        assert_eq!(found, ["breaker-core without default features brings `tokio v1.48.0`: see `cargo tree -i tokio`"]);
    }

    #[test]
    fn one_package_too_many_is_reported() {
        let many: Vec<String> = (0..=MOST_PACKAGES).map(|n| format!("p{n} v1.0.0")).collect();
        assert_eq!(judge(&packages(&many.join("\n")), &BTreeSet::new()).len(), 1);
    }
}
