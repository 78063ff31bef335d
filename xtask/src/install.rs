//! Installs what the other steps need and a fresh Debian machine lacks; touches nothing when all is there.

use std::path::Path;

use crate::run::Tool;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    // Each is tried, also after one has failed: the steps that need the others can then run.
    all_tried([
        c_compiler(root),
        valgrind(root),
        component(root, "rustfmt", &["fmt", "--version"]),
        component(root, "clippy", &["clippy", "--version"]),
    ])
}

fn all_tried(results: impl IntoIterator<Item = Result<(), String>>) -> Result<(), String> {
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n  ")) }
}

/// The drill and some tests bundle `SQLite`, which is C.
fn c_compiler(root: &Path) -> Result<(), String> {
    if Tool::new("cc", root, &["--version"]).works() {
        println!("    cc is there");
        return Ok(());
    }
    debian(root, &["gcc", "libc6-dev"])
        .map_err(|error| format!("{error}; a C compiler called `cc` is needed: install one by hand"))
}

/// Counts instructions and watches memory. Systems that it isn't made for do without.
fn valgrind(root: &Path) -> Result<(), String> {
    if Tool::new("valgrind", root, &["--version"]).works() {
        println!("    valgrind is there");
        return Ok(());
    }
    if !cfg!(target_os = "linux") {
        println!("    no valgrind: the steps `counts` and `memcheck` do nothing");
        return Ok(());
    }
    debian(root, &["valgrind"])
        .map_err(|error| format!("{error}; `valgrind` counts instructions and watches memory: install it by hand"))
}

fn debian(root: &Path, packages: &[&str]) -> Result<(), String> {
    let root_user = Tool::new("id", root, &["-u"]).output()?.trim() == "0";
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
        println!("    {name} is there");
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
