//! `cargo xtask loom`: runs the models of the engine's protocols, in `breaker-core/src/engine/loom_tests/`.

use std::path::Path;

use crate::run::{Tool, target};

/// Only the core: tokio also reacts to `--cfg loom`, and doesn't build with it here.
const CORE: [&str; 4] = ["-p", "breaker-core", "--lib", "--no-default-features"];

/// Runs all models, or those of the named files or with these names: `loom headroom`, `loom admit_against_trip`.
pub(crate) fn run(root: &Path, names: &[String]) -> Result<(), String> {
    let filters = filters(names);
    // Optimized, because a model runs some hundred thousand times.
    let tests = || filters.iter().fold(here(root, &["test", "--release"]).arg("--"), |tool, filter| tool.arg(filter));
    if !tests().arg("--list").output()?.lines().any(|line| line.ends_with(": test")) {
        return Err(format!("no model is called {}", names.join(" or ")));
    }
    tests().run()
}

/// Checks the code that only loom compiles for lints.
pub(crate) fn lints(root: &Path) -> Result<(), String> {
    let clippy = here(root, &["clippy", "--profile", "test"]);
    ["--", "-D", "warnings"].into_iter().fold(clippy, Tool::arg).run()
}

fn here(root: &Path, command: &[&str]) -> Tool {
    cargo(root, &target(root).join("loom"), command, "")
}

/// Returns a cargo command for the core under loom, in this checkout or a copy.
pub(crate) fn cargo(root: &Path, directory: &Path, command: &[&str], flags: &str) -> Tool {
    // Keeps the caller's flags.
    let callers = std::env::var("RUSTFLAGS").unwrap_or_default();
    Tool::cargo(root, &[command, &CORE].concat())
        .arg("--target-dir")
        .arg(&directory.to_string_lossy())
        .env("RUSTFLAGS", format!("{callers} --cfg loom {flags}").trim())
}

/// A name means a file of models, or the start of a model's name after `loom_`.
fn filters(names: &[String]) -> Vec<String> {
    if names.is_empty() {
        return vec!["loom_tests::".to_owned()];
    }
    let of = |name: &String| {
        let name = name.strip_prefix("loom_").unwrap_or(name);
        [format!("loom_tests::{name}"), format!("::loom_{name}")]
    };
    names.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Vec<&'static str> {
        let filters = filters(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let all = ["engine::loom_tests::headroom::loom_a_stripe", "engine::policy::tests::the_headroom"];
        all.into_iter().filter(|test| filters.iter().any(|filter| test.contains(filter))).collect()
    }

    #[test]
    fn a_name_chooses_models_and_nothing_else() {
        let model = ["engine::loom_tests::headroom::loom_a_stripe"];
        for names in [&[][..], &["headroom"], &["a_stripe"], &["loom_a_stripe"], &["x", "a_str"]] {
            assert_eq!(chosen(names), model, "{names:?}");
        }
        assert!(chosen(&["stripe"]).is_empty());
    }
}
