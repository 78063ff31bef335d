//! `cargo xtask supply`: checks the dependencies before a release. Not part of `test`: it needs the registry each time,
//! installs a tool that takes minutes to compile, and its verdict may change while our sources don't.

mod minimal;

use std::path::Path;
use std::process::ExitCode;

use crate::run::{Tool, target};
use crate::steps::{self, Step};

/// An exact version, like the compiler's: the same tool gives the same verdict on the same dependencies.
const CARGO_DENY: &str = "0.20.2";

pub(crate) fn run(root: &Path, names: &[String]) -> Result<ExitCode, String> {
    let step = |name, shows, check: fn(&Path) -> Result<(), String>| {
        let root = root.to_path_buf();
        Step::new(name, shows, move || check(&root))
    };
    let all = vec![
        step("install", "cargo-deny is available", install),
        step("deny", "licences, sources, bans: deny.toml", deny),
        step("minimal", "the published crates build with the oldest versions that they allow", minimal::run),
        step("docs.rs", "the documentation builds as on docs.rs, with the features that items need", docs_rs),
        step("advisories", "no dependency has a known vulnerability or is yanked", advisories),
    ];
    Ok(steps::run_all("supply", steps::choose(all, names)?))
}

fn install(root: &Path) -> Result<(), String> {
    let there = Tool::cargo(root, &["deny", "--version"]).quiet_output();
    if there.is_some_and(|version| version.trim().ends_with(CARGO_DENY)) {
        println!("    cargo-deny {CARGO_DENY} is available");
        return Ok(());
    }
    Tool::cargo(root, &["install", "--locked", "cargo-deny", "--version", CARGO_DENY]).run()
}

fn deny(root: &Path) -> Result<(), String> {
    Tool::cargo(root, &["deny", "--locked", "check", "--hide-inclusion-graph", "licenses", "sources", "bans"]).run()
}

/// `doc(cfg)` is unstable, and docs.rs has a nightly compiler. Uses a separate target directory, because the variable
/// makes build scripts run again.
fn docs_rs(root: &Path) -> Result<(), String> {
    let doc = [
        "doc",
        "--no-deps",
        "--all-features",
        "-p",
        "breaker-core",
        "-p",
        "breaker-config",
        "-p",
        "breaker-prometheus",
    ];
    Tool::cargo(root, &doc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTDOCFLAGS", "-D warnings --cfg docsrs")
        .env("CARGO_TARGET_DIR", &target(root).join("docs.rs").to_string_lossy())
        .run()
}

/// A database that can't be fetched is neither a pass nor a finding, so it has its own message.
fn advisories(root: &Path) -> Result<(), String> {
    if Tool::cargo(root, &["deny", "fetch", "db"]).run().is_err() {
        return Err("NOT REACHED: the advisory database can't be fetched from here, so nothing is known about \
             vulnerabilities and yanked versions, good or bad; run this step where the network allows it"
            .to_owned());
    }
    Tool::cargo(root, &["deny", "--locked", "check", "advisories"]).run()
}
