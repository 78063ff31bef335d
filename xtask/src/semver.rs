//! `cargo xtask semver`: whether the published crates may keep their version's compatibility, held against the last tag. A
//! release step; not part of `test`, because its tool takes minutes to compile and there may be no tag.

use std::path::Path;

use crate::published;
use crate::run::Tool;

const INSTALL: &str = "cargo-semver-checks is not installed: `cargo install --locked cargo-semver-checks`";

pub(crate) fn run(root: &Path) -> Result<(), String> {
    if !Tool::cargo(root, &["semver-checks", "--version"]).works() {
        return Err(INSTALL.to_owned());
    }
    let tag = Tool::new("git", root, &["describe", "--tags", "--abbrev=0", "--match", "v*"]).quiet_output();
    let tag = tag.ok_or("no tag `v…` to compare with: before the first release there is nothing to break")?;
    let check = Tool::cargo(root, &["semver-checks", "--baseline-rev", tag.trim()]);
    libraries().fold(check, |check, name| check.arg("-p").arg(name)).run()
}

/// Of a macro crate there is no API to read, and breaker-keys promises none.
fn libraries() -> impl Iterator<Item = &'static str> {
    published::names().filter(|name| !["breaker-keys", "breaker-macros"].contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_promises_an_api_is_checked() {
        assert_eq!(libraries().collect::<Vec<_>>(), ["breaker-core", "breaker-config"]);
    }
}
