//! Every combination of the features of a published library builds without a warning and without a lint. By clippy, which
//! checks what `cargo check` checks; no tool has to be installed for a loop.

use std::fs;
use std::path::Path;

use crate::run::Tool;

const LIBRARIES: [(&str, &str); 2] =
    [("breaker-core", "breaker-core"), ("breaker-config", "integrations/breaker-config")];

pub(crate) fn run(root: &Path) -> Result<(), String> {
    LIBRARIES.iter().try_for_each(|(package, at)| combinations(root, package, at))
}

fn combinations(root: &Path, package: &str, at: &str) -> Result<(), String> {
    let manifest = root.join(at).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("can't read {}: {error}", manifest.display()))?;
    // Code generation as well, where the least is there.
    Tool::cargo(root, &["build", "-p", package, "--no-default-features"]).run()?;
    for features in powerset(&declared(&text)) {
        let clippy = ["clippy", "--quiet", "-p", package, "--lib", "--no-default-features", "--features"];
        Tool::cargo(root, &[&clippy[..], &[features.as_str(), "--", "-D", "warnings"]].concat()).run()?;
    }
    Ok(())
}

/// What stands under `[features]`, less `default`: that is one of the combinations.
fn declared(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().skip_while(|line| line.trim() != "[features]").skip(1);
    let section = lines.take_while(|line| !line.starts_with('['));
    let names = section.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    names.map(|(name, _)| name.trim()).filter(|name| *name != "default").collect()
}

/// Neighbours differ by little, so that dependencies stay built.
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
    fn features_are_read_without_default_and_comments() {
        let manifest = "[package]\nname = \"x\"\n[features]\ndefault = [\"a\"]\n# The first = 1.\na = []\nb-c = []\n\n[dependencies]\nd = \"1\"";
        assert_eq!(declared(manifest), ["a", "b-c"]);
    }

    #[test]
    fn each_combination_comes_once() {
        assert_eq!(powerset(&["a", "b"]), ["", "a", "b", "a,b"]);
        assert_eq!(powerset(&["a", "b", "c", "d", "e"]).len(), 32);
    }
}
