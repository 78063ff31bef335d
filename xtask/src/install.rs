//! Installs the tools that the other steps need and a fresh Debian machine lacks. Changes nothing if all are available.

mod servers;

use std::fs;
use std::path::Path;

use crate::run::{Tool, target};

pub(crate) fn run(root: &Path, with_servers: bool) -> Result<(), String> {
    // Tries each tool, also after one has failed, so that the steps that need the others can run.
    let tools = [
        c_compiler(root),
        valgrind(root),
        prometheus(root),
        component(root, "rustfmt", &["fmt", "--version"]),
        component(root, "clippy", &["clippy", "--version"]),
    ];
    all_tried(tools.into_iter().chain(if with_servers { servers::all(root) } else { Vec::new() }))
}

fn all_tried(results: impl IntoIterator<Item = Result<(), String>>) -> Result<(), String> {
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n  ")) }
}

/// For `SQLite`, which the drill and some tests build from C.
fn c_compiler(root: &Path) -> Result<(), String> {
    if Tool::new("cc", root, &["--version"]).works() {
        println!("    cc is available");
        return Ok(());
    }
    debian(root, &["gcc", "libc6-dev"]).map_err(|error| format!("{error}; install a C compiler called `cc` by hand"))
}

/// For the steps `counts` and `memcheck`, which systems without valgrind skip.
fn valgrind(root: &Path) -> Result<(), String> {
    if Tool::new("valgrind", root, &["--version"]).works() {
        println!("    valgrind is available");
        return Ok(());
    }
    if !cfg!(target_os = "linux") {
        println!("    no valgrind on this system: the steps `counts` and `memcheck` are skipped");
        return Ok(());
    }
    debian(root, &["valgrind"])
        .map_err(|error| format!("{error}; install `valgrind` by hand: it counts instructions and checks memory"))
}

/// For the tests of breaker-prometheus, which only Linux compiles. They look in the same two places.
///
/// Unpacks Debian's package below `target/` instead of installing it: an installed package starts a service on port
/// 9090, and brings a dozen packages for its web pages.
fn prometheus(root: &Path) -> Result<(), String> {
    let place = target(root).join("prometheus");
    if has_prometheus(root, &place) {
        println!("    prometheus and promtool are available");
        return Ok(());
    }
    if !cfg!(target_os = "linux") {
        println!("    no prometheus on this system: the tests that need it are not compiled");
        return Ok(());
    }
    unpacked(root, "prometheus", &place)
        .and_then(|()| has_prometheus(root, &place).then_some(()).ok_or_else(|| "they don't run".to_owned()))
        .map_err(|error| format!("{error}; install `prometheus` and `promtool` by hand, on the PATH"))
}

fn has_prometheus(root: &Path, place: &Path) -> bool {
    let works = |program: &str| Tool::new(program, root, &["--version"]).works();
    ["prometheus", "promtool"]
        .iter()
        .all(|name| works(name) || place.join("usr/bin").join(name).to_str().is_some_and(works))
}

/// Downloads a Debian package and unpacks it into this directory, without its dependencies and scripts.
fn unpacked(root: &Path, package: &str, place: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("can't prepare {}: {error}", place.display());
    if place.exists() {
        fs::remove_dir_all(place).map_err(failed)?;
    }
    fs::create_dir_all(place).map_err(failed)?;
    apt_get(root, is_root_user(root)?, &["update"])?;
    Tool::new("apt-get", place, &["download", package]).run()?;
    for entry in fs::read_dir(place).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            Tool::new("dpkg", place, &["-x", &path.to_string_lossy(), "."]).run()?;
            fs::remove_file(path).map_err(failed)?;
        }
    }
    Ok(())
}

fn is_root_user(root: &Path) -> Result<bool, String> {
    Ok(Tool::new("id", root, &["-u"]).output()?.trim() == "0")
}

fn debian(root: &Path, packages: &[&str]) -> Result<(), String> {
    let root_user = is_root_user(root)?;
    apt_get(root, root_user, &["update"])?;
    apt_get(root, root_user, &[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

fn apt_get(root: &Path, root_user: bool, args: &[&str]) -> Result<(), String> {
    let (program, first) = if root_user { ("apt-get", None) } else { ("sudo", Some("apt-get")) };
    let words: Vec<&str> = first.into_iter().chain(args.iter().copied()).collect();
    Tool::new(program, root, &words).env("DEBIAN_FRONTEND", "noninteractive").run()
}

fn component(root: &Path, name: &str, probe: &[&str]) -> Result<(), String> {
    if Tool::cargo(root, probe).works() {
        println!("    {name} is available");
        return Ok(());
    }
    Tool::new("rustup", root, &["component", "add", name]).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_that_is_missing_is_named() {
        let results = [Err("no cc".to_owned()), Ok(()), Err("no clippy".to_owned())];
        assert_eq!(all_tried(results), Err("no cc\n  no clippy".to_owned()));
        assert_eq!(all_tried([Ok(()), Ok(())]), Ok(()));
    }
}
