//! `cargo xtask test`: runs the steps, cheapest first.

use std::path::Path;
use std::process::ExitCode;

use crate::choice::Choice;
use crate::failures::Failures;
use crate::run::Tool;
use crate::steps::{self, Step};
use crate::{api, arrows, counts, features, install, loom, memcheck, msrv, package, rules, stories};

/// Warnings are errors here, and only here: in the sources they would break users on a newer compiler.
const STRICT: [&str; 3] = ["--", "-D", "warnings"];

pub(crate) fn run(root: &Path, args: &[String]) -> Result<ExitCode, String> {
    let choice = Choice::read(args)?;
    Ok(steps::run_all("test", steps::choose(all(root, choice.with_servers), &choice.steps)?))
}

fn all(root: &Path, with_servers: bool) -> Vec<Step> {
    let step = |name, shows, check: fn(&Path) -> Result<(), String>| {
        let root = root.to_path_buf();
        Step::new(name, shows, move || check(&root))
    };
    let servers = |name, shows, check: fn(&Path, bool) -> Result<(), String>| {
        let root = root.to_path_buf();
        Step::new(name, shows, move || check(&root, with_servers))
    };
    vec![
        servers("install", "the tools are available", install::run),
        step("fmt", "the sources are formatted", |root| Tool::cargo(root, &["fmt", "--all", "--check"]).run()),
        step("arrows", "no upward import, no cycle; few dependencies", arrows::run),
        step("rules", "every cited rule is in docs/rules.md and has a test", rules::run),
        step("msrv", "no dependency requires a newer Rust than ours", msrv::run),
        servers("clippy", "no lint in any target, all features", clippy),
        step("features", "every combination of breaker-core's features builds without lints", features::run),
        step("api", "the public API is that in api/", |root| api::run(root, &[])),
        step("docs", "the documentation builds without warnings", docs),
        step("package", "each published crate builds from its package", package::run),
        servers("tests", "unit and behaviour tests", tests),
        step("loom", "the engine's protocols are correct in every interleaving", |root| {
            loom::lints(root)?;
            loom::run(root, &[])
        }),
        step("counts", "no path of a call takes more instructions than before", |root| counts::run(root, &[])),
        step("memcheck", "no invalid memory access, no leak", memcheck::run),
        servers("doctests", "every example in the docs runs", |root, with_servers| {
            cargo(root, &["test", "--workspace", "--all-features", "--doc"], left_out(with_servers))
        }),
        step("stories", "the small examples run", stories::run),
        step("ui-tests", "what the attribute accepts, and its compile errors", |root| ui_tests(root).run()),
        step("drill", "the review service survives its outages", |root| {
            Tool::cargo(root, &["run", "--", "--plain"]).run()
        }),
    ]
}

/// The package of the tests against real servers, if they are left out.
fn left_out(with_servers: bool) -> &'static [&'static str] {
    if with_servers { &[] } else { &["--exclude", "servers"] }
}

fn clippy(root: &Path, with_servers: bool) -> Result<(), String> {
    // `--keep-going` shows the lints of all crates, also after one has failed. Tests do the same.
    let what = ["clippy", "--workspace", "--all-targets", "--all-features", "--keep-going"];
    cargo(root, &what, &[left_out(with_servers), &STRICT].concat())
}

fn docs(root: &Path) -> Result<(), String> {
    for features in [&["--workspace", "--all-features"][..], &["-p", "breaker-core"]] {
        let doc = [&["doc", "--no-deps"], features].concat();
        Tool::cargo(root, &doc).env("RUSTDOCFLAGS", "-D warnings").run()?;
    }
    Ok(())
}

/// Uses nextest if it is installed, otherwise cargo's own runner: a fresh machine doesn't have nextest.
/// Leaves out ui-tests, which start their own compilers: they run alone in a later step.
fn tests(root: &Path, with_servers: bool) -> Result<(), String> {
    let what = ["--workspace", "--all-features", "--exclude", "ui-tests", "--no-fail-fast"];
    let what = [&what, left_out(with_servers)].concat();
    if Tool::cargo(root, &["nextest", "--version"]).works() {
        let mut failures = Failures::default();
        let ended = Tool::cargo(root, &[&["nextest", "run"], &what[..]].concat()).run_heard(|line| failures.hear(line));
        ended.map_err(|message| failures.add_to(&message))
    } else {
        // Without the doctests, which are a separate step.
        cargo(root, &["test", "--lib", "--bins", "--tests"], &what)
    }
}

pub(crate) fn ui_tests(root: &Path) -> Tool {
    Tool::cargo(root, &["test", "-p", "ui-tests"])
}

fn cargo(root: &Path, first: &[&str], rest: &[&str]) -> Result<(), String> {
    Tool::cargo(root, &[first, rest].concat()).run()
}
