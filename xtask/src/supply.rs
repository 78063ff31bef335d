//! `cargo xtask supply`: what comes from others, looked at before a release. Not part of `test`: it asks the registry
//! anew, installs a tool that takes minutes to compile, and changes its mind without a change of ours.

mod minimal;

use std::path::Path;
use std::process::ExitCode;

use crate::run::{Tool, target};
use crate::steps::{self, Step};

/// Exact, as the compiler is: the same tool judges the same tree alike.
const CARGO_DENY: &str = "0.20.2";

pub(crate) fn run(root: &Path, names: &[String]) -> Result<ExitCode, String> {
    let step = |name, shows, check: fn(&Path) -> Result<(), String>| {
        let root = root.to_path_buf();
        Step::new(name, shows, move || check(&root))
    };
    let all = vec![
        step("install", "cargo-deny is there", install),
        step("deny", "licences, sources, bans: deny.toml", deny),
        step("minimal", "the published crates build with the oldest versions that they ask for", minimal::run),
        step("docs.rs", "documentation as docs.rs builds it, with the features that items need", docs_rs),
        step("advisories", "nothing in the tree has a known hole, or was yanked", advisories),
    ];
    Ok(steps::run_all("supply", steps::choose(all, names)?))
}

fn install(root: &Path) -> Result<(), String> {
    let there = Tool::cargo(root, &["deny", "--version"]).quiet_output();
    if there.is_some_and(|version| version.trim().ends_with(CARGO_DENY)) {
        println!("    cargo-deny {CARGO_DENY} is there");
        return Ok(());
    }
    Tool::cargo(root, &["install", "--locked", "cargo-deny", "--version", CARGO_DENY]).run()
}

fn deny(root: &Path) -> Result<(), String> {
    Tool::cargo(root, &["deny", "--locked", "check", "--hide-inclusion-graph", "licenses", "sources", "bans"]).run()
}

/// `doc(cfg)` is unstable, and docs.rs has a nightly compiler. In a place of its own: the variable makes build scripts run anew.
fn docs_rs(root: &Path) -> Result<(), String> {
    let doc = ["doc", "--no-deps", "--all-features", "-p", "breaker-core", "-p", "breaker-config"];
    Tool::cargo(root, &doc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTDOCFLAGS", "-D warnings --cfg docsrs")
        .env("CARGO_TARGET_DIR", &target(root).join("docs.rs").to_string_lossy())
        .run()
}

/// A database that isn't there is neither a pass nor a finding, and is called what it is.
fn advisories(root: &Path) -> Result<(), String> {
    if Tool::cargo(root, &["deny", "fetch", "db"]).run().is_err() {
        return Err("NOT REACHED: the advisory database can't be fetched from here, so nothing is known about holes \
             and yanked versions, good or bad; run this step where the network allows it"
            .to_owned());
    }
    Tool::cargo(root, &["deny", "--locked", "check", "advisories"]).run()
}
