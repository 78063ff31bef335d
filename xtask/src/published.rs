//! Copies the published crates, for commands that must change neither the sources nor the lock file.

use std::fs;
use std::path::{Path, PathBuf};

/// The published crates, in the order of publication: each depends on earlier ones.
pub(crate) const PUBLISHED: [&str; 12] = [
    "breaker-keys",
    "breaker-macros",
    "breaker-core",
    "integrations/breaker-config",
    "integrations/breaker-prometheus",
    "integrations/breaker-tower",
    "integrations/breaker-reqwest",
    "integrations/breaker-axum",
    "integrations/breaker-redis",
    "integrations/breaker-sqlx",
    "integrations/breaker-object-store",
    "integrations/breaker-aws",
];

/// Returns their names, in this order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PUBLISHED.iter().filter_map(|directory| directory.rsplit('/').next())
}

/// Returns the names of those that promise an API. breaker-macros has none that could be compared, and breaker-keys
/// promises none.
pub(crate) fn libraries() -> impl Iterator<Item = &'static str> {
    names().filter(|name| !["breaker-keys", "breaker-macros"].contains(name))
}

/// Copies the crates, without the dependencies of tests and benches, into this directory. Removes its old contents.
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

/// Reduces the workspace to these crates: the dependencies of other members would influence the versions.
fn workspace(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("default-members"));
    let members = format!("members = {PUBLISHED:?}");
    lines.map(|line| if line.starts_with("members") { &members } else { line }).collect::<Vec<_>>().join("\n")
}

/// Removes the dependencies of tests and benches, for the same reason: cargo doesn't resolve them for users. Removes
/// tests, benches and examples, too: their files are not copied.
fn without_tests(text: &str) -> String {
    let mut keeps = true;
    let mut kept = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            let is_of_tests = ["[[bench]]", "[[example]]", "[[test]]"].contains(&line);
            keeps = !line.ends_with("dev-dependencies]") && !line.starts_with("[dev-dependencies") && !is_of_tests;
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
        let members = PUBLISHED.map(|directory| format!("\"{directory}\"")).join(", ");
        assert_eq!(text, format!("[workspace]\nmembers = [{members}]\n[profile.release]"));
    }

    #[test]
    fn what_promises_an_api_is_a_library() {
        let libraries: Vec<_> = libraries().collect();
        for library in ["breaker-core", "breaker-config", "breaker-tower"] {
            assert!(libraries.contains(&library), "{libraries:?}");
        }
        for detail in ["breaker-keys", "breaker-macros"] {
            assert!(!libraries.contains(&detail), "{libraries:?}");
        }
        assert_eq!(libraries.len(), PUBLISHED.len() - 2);
    }

    #[test]
    fn only_what_users_resolve_stays() {
        let text = "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"1\"\n[target.'cfg(loom)'.dev-dependencies]\nc = \"1\"\n[[bench]]\nname = \"d\"\n[[example]]\nname = \"e\"\n[lints]\nworkspace = true";
        assert_eq!(without_tests(text), "[dependencies]\na = \"1\"\n[lints]\nworkspace = true\n");
    }
}
