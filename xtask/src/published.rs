//! A copy of the published crates, for what must touch neither the sources nor the lock file.

use std::fs;
use std::path::{Path, PathBuf};

/// In the order in which they are published: each needs those before it.
pub(crate) const PUBLISHED: [&str; 4] =
    ["breaker-keys", "breaker-macros", "breaker-core", "integrations/breaker-config"];

/// Their names, in this order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PUBLISHED.iter().filter_map(|directory| directory.rsplit('/').next())
}

/// Copies them, without what only tests and benches depend on, into this directory; what was there goes.
pub(crate) fn copy(root: &Path, house: &Path) -> Result<(), String> {
    if house.exists() {
        fs::remove_dir_all(house).map_err(|error| format!("can't remove {}: {error}", house.display()))?;
    }
    let manifest = |at: &str, change: fn(&str) -> String| {
        let at = Path::new(at).join("Cargo.toml");
        let text =
            fs::read_to_string(root.join(&at)).map_err(|error| format!("can't read {}: {error}", at.display()))?;
        write(&house.join(at), &change(&text))
    };
    manifest("", workspace)?;
    for member in PUBLISHED {
        manifest(member, without_tests)?;
        tree(&root.join(member).join("src"), &house.join(member).join("src"))?;
    }
    Ok(())
}

/// The workspace of those alone: the other members' dependencies would have their say in the versions.
fn workspace(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("default-members"));
    let members = format!("members = {PUBLISHED:?}");
    lines.map(|line| if line.starts_with("members") { &members } else { line }).collect::<Vec<_>>().join("\n")
}

/// Without what only tests and benches need, for the same reason; a user never resolves it.
fn without_tests(text: &str) -> String {
    let mut keeps = true;
    let mut kept = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            keeps =
                !line.ends_with("dev-dependencies]") && !line.starts_with("[dev-dependencies") && line != "[[bench]]";
        }
        if keeps {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

fn tree(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error| format!("can't copy {}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let path: PathBuf = entry.map_err(failed)?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            tree(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error| format!("can't write {}: {error}", path.display());
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_published_members_stay() {
        let text = workspace(
            "[workspace]\nmembers = [\"breaker-core\", \"xtask\"]\ndefault-members = [\"x\"]\n[profile.release]",
        );
        assert_eq!(
            text,
            "[workspace]\nmembers = [\"breaker-keys\", \"breaker-macros\", \"breaker-core\", \"integrations/breaker-config\"]\n[profile.release]"
        );
    }

    #[test]
    fn only_what_users_resolve_stays() {
        let text = "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"1\"\n[target.'cfg(loom)'.dev-dependencies]\nc = \"1\"\n[[bench]]\nname = \"d\"\n[lints]\nworkspace = true";
        assert_eq!(without_tests(text), "[dependencies]\na = \"1\"\n[lints]\nworkspace = true\n");
    }
}
