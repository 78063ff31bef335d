//! `cargo xtask semver`: compares the public APIs of the published crates with the last tag, and fails on breaking
//! changes. A release step; not part of `test`, because its tool takes minutes to compile and there may be no tag.

use std::path::Path;

use crate::published;
use crate::run::Tool;

const INSTALL: &str = "cargo-semver-checks is not installed: `cargo install --locked cargo-semver-checks`";

pub(crate) fn run(root: &Path) -> Result<(), String> {
    if !Tool::cargo(root, &["semver-checks", "--version"]).works() {
        return Err(INSTALL.to_owned());
    }
    let tag = Tool::new("git", root, &["describe", "--tags", "--abbrev=0", "--match", "v*"]).quiet_output();
    let tag = tag.ok_or("no tag `v…` to compare with: nothing has been released yet")?;
    let check = Tool::cargo(root, &["semver-checks", "--baseline-rev", tag.trim()]);
    libraries().fold(check, |check, name| check.arg("-p").arg(name)).run()
}

/// Leaves out breaker-macros, because a macro crate has no API to compare, and breaker-keys, because it promises none.
fn libraries() -> impl Iterator<Item = &'static str> {
    published::names().filter(|name| !["breaker-keys", "breaker-macros"].contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_promises_an_api_is_checked() {
        assert_eq!(
            libraries().collect::<Vec<_>>(),
            ["breaker-core", "breaker-config", "breaker-prometheus", "breaker-tower"]
        );
    }
}
