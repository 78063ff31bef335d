//! Checks that every combination of the features of a published library builds without warnings and lints. Uses clippy,
//! which includes `cargo check`. A loop over the combinations needs no other tool.

use std::path::Path;

use crate::metadata;
use crate::published;
use crate::run::Tool;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    // Also generates code, for the one crate with few dependencies: those of the integrations take minutes.
    Tool::cargo(root, &["build", "-p", "breaker-core", "--no-default-features"]).run()?;
    let members = metadata::members(&root.join("Cargo.toml"))?.packages;
    published::libraries().try_for_each(|library| {
        let member = members.iter().find(|member| member.name == library);
        let features = member.ok_or_else(|| format!("no workspace member is called `{library}`"))?.features.keys();
        combinations(root, library, &without_default(features))
    })
}

fn combinations(root: &Path, package: &str, features: &[&str]) -> Result<(), String> {
    for features in powerset(features) {
        let clippy = ["clippy", "--quiet", "-p", package, "--lib", "--no-default-features", "--features"];
        Tool::cargo(root, &[&clippy[..], &[features.as_str(), "--", "-D", "warnings"]].concat()).run()?;
    }
    Ok(())
}

/// Leaves out `default`, which is one of the combinations.
fn without_default<'a>(features: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    features.map(String::as_str).filter(|name| *name != "default").collect()
}

/// Adjacent sets differ in few features, so that built dependencies can be reused.
fn powerset(features: &[&str]) -> Vec<String> {
    let mut sets: Vec<Vec<&str>> = vec![Vec::new()];
    for feature in features {
        let with: Vec<_> = sets.iter().map(|set| [&set[..], &[*feature]].concat()).collect();
        sets.extend(with);
    }
    sets.iter().map(|set| set.join(",")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_no_feature_of_its_own() {
        let features = ["a", "default", "b-c"].map(str::to_owned);
        assert_eq!(without_default(features.iter()), ["a", "b-c"]);
    }

    #[test]
    fn each_combination_comes_once() {
        assert_eq!(powerset(&["a", "b"]), ["", "a", "b", "a,b"]);
        assert_eq!(powerset(&["a", "b", "c", "d", "e"]).len(), 32);
    }
}
