//! `cargo xtask counts`: counts the instructions of a call on each path with valgrind's callgrind, and compares them
//! with `benches/counts.txt`. Times are noisy, instruction counts aren't: a path that takes more instructions fails the
//! build.

pub(crate) mod callgrind;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Tool, target};
use callgrind::Measured;
use table::{Row, Table};

const FILE: &str = "benches/counts.txt";

/// Compares with the file, or writes it if `--bless` is given.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let is_blessing = match args {
        [] => false,
        [bless] if bless == "--bless" => true,
        [other, ..] => return Err(format!("unknown argument `{other}` for `counts`; expected `--bless`")),
    };
    if !has_valgrind(root)? {
        return Ok(());
    }
    let measured = all(root, &build(root)?)?;
    let file = root.join(FILE);
    if is_blessing {
        return bless(root, &file, measured);
    }
    let text = fs::read_to_string(&file).map_err(|error| format!("can't read {}: {error}", file.display()))?;
    compare(root, &Table::parse(&text)?, &measured)
}

/// On Linux, a missing valgrind is an error. Other systems may not have it, and skip the comparison.
pub(crate) fn has_valgrind(root: &Path) -> Result<bool, String> {
    if Tool::new("valgrind", root, &["--version"]).works() {
        return Ok(true);
    }
    if cfg!(target_os = "linux") {
        return Err("valgrind is missing: `cargo xtask test install`".to_owned());
    }
    println!("    skipped: no valgrind on this system");
    Ok(false)
}

/// Builds the program that moves the clock itself. The caller's compiler flags are removed: they would change the
/// counts.
pub(crate) fn build(root: &Path) -> Result<PathBuf, String> {
    let directory = target(root).join("counts");
    Tool::cargo(root, &["build", "--release", "-p", "breaker-benches", "--bin", "counts", "--target-dir"])
        .arg(&directory.to_string_lossy())
        .env("RUSTFLAGS", "--cfg breaker_counts")
        .without("CARGO_ENCODED_RUSTFLAGS")
        .run()?;
    Ok(directory.join("release/counts"))
}

fn all(root: &Path, program: &Path) -> Result<Vec<Measured>, String> {
    let names = Tool::new(&program.to_string_lossy(), root, &[]).output()?;
    println!("    $ valgrind --tool=callgrind … counts <path>, for each of {} paths", names.lines().count());
    names.lines().map(|name| callgrind::measure(root, program, name)).collect()
}

fn bless(root: &Path, file: &Path, measured: Vec<Measured>) -> Result<(), String> {
    let rows = measured.into_iter().map(|Measured { name, instructions }| Row { name, instructions }).collect();
    let table = Table { made_with: made_with(root)?, rows };
    fs::write(file, table.text()).map_err(|error| format!("can't write {}: {error}", file.display()))?;
    println!("    wrote {FILE}: read the diff");
    Ok(())
}

fn compare(root: &Path, table: &Table, measured: &[Measured]) -> Result<(), String> {
    let here = made_with(root)?;
    let said = |what: &str| table.made_with.iter().find(|(key, _)| key == what).map(|(_, value)| value.as_str());
    if said("architecture") != Some(std::env::consts::ARCH) {
        println!("    skipped: {FILE} is for another architecture");
        return Ok(());
    }
    let rows: Vec<(&str, f64)> = measured.iter().map(|path| (path.name.as_str(), path.instructions)).collect();
    println!("{}", table.beside(&rows));
    let mut faults = table.faults(&rows);
    if faults.is_empty() {
        return Ok(());
    }
    for (what, value) in here.iter().filter(|(what, value)| said(what) != Some(value)) {
        let then = said(what).unwrap_or("unknown");
        faults.push(format!("(possible reason: the file was made with {what} {then}, here it is {value})"));
    }
    Err(format!("instructions per call differ from {FILE}:\n  {}", faults.join("\n  ")))
}

/// Returns what the counts depend on, besides the sources.
fn made_with(root: &Path) -> Result<Vec<(String, String)>, String> {
    let says = |program, args: &[&str]| Tool::new(program, root, args).output().map(|text| text.trim().to_owned());
    let libc = says("getconf", &["GNU_LIBC_VERSION"]).unwrap_or_else(|_| "not glibc".to_owned());
    Ok(vec![
        ("architecture".to_owned(), std::env::consts::ARCH.to_owned()),
        ("compiler".to_owned(), says("rustc", &["--version"])?),
        ("C library".to_owned(), libc),
        ("valgrind".to_owned(), says("valgrind", &["--version"])?),
    ])
}
