//! `cargo xtask api`: compares every public item of a published library with `api/breaker-core.txt` and so on, so that
//! no change of the public API goes unnoticed. rustdoc determines the public items, and the member `api` lists them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::run::{Tool, target};

struct Library {
    package: &'static str,
    /// Each stage has all features of the one before, so only the added items are written.
    stages: [Stage; 3],
}

/// A heading, and the cargo arguments that select its features.
type Stage = (&'static str, &'static [&'static str]);

const LIBRARIES: [Library; 10] = [
    Library {
        package: "breaker-core",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (`macros`, `tokio`)", &[]),
            ("What the other features add (`serde`, `tracing`, `test-util`)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-config",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default feature adds (`watch`)", &[]),
            ("What the other features add (`schema`, `tracing`)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-prometheus",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (there are none)", &[]),
            ("What the other feature adds (`resilience4j`)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-tower",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (there are none)", &[]),
            ("What the other feature adds (`tonic`)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-reqwest",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (there are none)", &[]),
            ("What the other features add (there are none)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-axum",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (there are none)", &[]),
            ("What the other features add (there are none)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-redis",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (there are none)", &[]),
            ("What the other feature adds (`connection-manager`)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-sqlx",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (there are none)", &[]),
            ("What the other features add (`mysql`, `sea-orm`)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-object-store",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (there are none)", &[]),
            ("What the other feature adds (`cloud`)", &["--all-features"]),
        ],
    },
    Library {
        package: "breaker-aws",
        stages: [
            ("Without features", &["--no-default-features"]),
            ("What the default features add (there are none)", &[]),
            ("What the other features add (there are none)", &["--all-features"]),
        ],
    },
];

/// Compares with the file, or writes it if `--bless` is given.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let is_blessing = match args {
        [] => false,
        [bless] if bless == "--bless" => true,
        [other, ..] => return Err(format!("unknown argument `{other}` for `api`; expected `--bless`")),
    };
    LIBRARIES.iter().try_for_each(|library| hold(root, library, is_blessing))
}

fn hold(root: &Path, library: &Library, is_blessing: bool) -> Result<(), String> {
    let Library { package, stages } = library;
    let listed = stages.iter().map(|(_, features)| items(root, package, features));
    let text = text(library, &listed.collect::<Result<Vec<_>, _>>()?)?;
    let name = format!("api/{package}.txt");
    let file = root.join(&name);
    if is_blessing {
        fs::write(&file, text).map_err(|error| format!("can't write {}: {error}", file.display()))?;
        println!("    wrote {name}: read the diff");
        return Ok(());
    }
    let known = fs::read_to_string(&file).map_err(|error| format!("can't read {}: {error}", file.display()))?;
    let changes = changes(&known, &text);
    if changes.is_empty() {
        println!("    {} public items, as in {name}", text.lines().filter(|line| is_item(line)).count());
        return Ok(());
    }
    Err(format!(
        "the public API differs from {name}:\n  {}\n       if this is intended: `cargo xtask api --bless`, and add it to the CHANGELOG.md of the crate",
        changes.join("\n  ")
    ))
}

/// rustdoc's JSON is unstable, so the pinned compiler needs `RUSTC_BOOTSTRAP`. Build scripts depend on that variable,
/// too: with a separate target directory, other builds don't have to rebuild their dependencies.
fn items(root: &Path, package: &str, features: &[&str]) -> Result<Vec<String>, String> {
    let directory = target(root).join("api");
    let rustdoc = [&["rustdoc", "--quiet", "-p", package, "--lib"], features].concat();
    Tool::cargo(root, &[&rustdoc[..], &["--", "-Z", "unstable-options", "--output-format", "json"]].concat())
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", &directory.to_string_lossy())
        .run()?;
    let json = directory.join(format!("doc/{}.json", package.replace('-', "_")));
    let list =
        Tool::cargo(root, &["run", "--quiet", "-p", "breaker-api", "--"]).arg(&json.to_string_lossy()).output()?;
    Ok(list.lines().map(str::to_owned).collect())
}

fn text(library: &Library, stages: &[Vec<String>]) -> Result<String, String> {
    let mut text = format!("# Every public item of {}. Written by `cargo xtask api --bless`.\n", library.package);
    let mut before = BTreeSet::new();
    for (items, (heading, _)) in stages.iter().zip(&library.stages) {
        // Writing to a String can't fail.
        let _ = writeln!(text, "\n# {heading}\n");
        for item in items.iter().filter(|item| !before.contains(item.as_str())) {
            let _ = writeln!(text, "{item}");
        }
        let now: BTreeSet<&str> = items.iter().map(String::as_str).collect();
        if let Some(gone) = before.difference(&now).next() {
            return Err(format!("more features must only add items, but they remove `{gone}`"));
        }
        before = now;
    }
    Ok(text)
}

/// Line by line: `-` for a removed item, `+` for a new one. An item that moved between features appears as both.
fn changes(known: &str, now: &str) -> Vec<String> {
    let (known, now) = (placed(known), placed(now));
    let gone = known.difference(&now).map(|(feature, item)| format!("- {item}    ({feature})"));
    gone.chain(now.difference(&known).map(|(feature, item)| format!("+ {item}    ({feature})"))).collect()
}

fn placed(text: &str) -> BTreeSet<(&str, &str)> {
    let mut heading = "";
    let mut items = BTreeSet::new();
    for line in text.lines() {
        match line.strip_prefix("# ") {
            Some(next) => heading = next,
            None if is_item(line) => _ = items.insert((heading, line)),
            None => {}
        }
    }
    items
}

/// An item may start with an attribute (`#[non_exhaustive] pub enum …`).
fn is_item(line: &str) -> bool {
    !line.is_empty() && !line.starts_with("# ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(stages: [&[&str]; 3]) -> Result<String, String> {
        text(&LIBRARIES[0], &stages.map(|items| items.iter().map(|&item| item.to_owned()).collect()))
    }

    #[test]
    fn each_stage_says_what_it_adds() {
        let text = stages([&["pub fn a()"], &["pub fn a()", "pub fn b()"], &["pub fn a()", "pub fn b()"]]);
        let text = text.expect("only added");
        assert_eq!(text.matches("pub fn a()").count(), 1);
        assert!(text.contains("`tokio`)\n\npub fn b()\n"), "{text}");
    }

    #[test]
    fn a_feature_that_takes_away_is_a_fault() {
        let found = stages([&["pub fn a()"], &["pub fn a()"], &[]]).expect_err("a is gone");
        assert!(found.contains("`pub fn a()`"), "{found}");
    }

    #[test]
    fn planted_changes_are_seen() {
        let old = stages([&["pub fn a()"], &["pub fn a()", "pub fn b()"], &["pub fn a()", "pub fn b()"]]);
        let new = stages([&["pub fn a()"], &["pub fn a()"], &["pub fn a()", "pub fn b()", "#[must_use] pub fn c()"]]);
        let (old, new) = (old.expect("only added"), new.expect("only added"));
        let found = changes(&old, &new);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("- pub fn b()    (What the default features add"), "{found:?}");
        assert!(changes(&new, &new).is_empty());
    }
}
