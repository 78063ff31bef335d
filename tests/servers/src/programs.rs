//! Where the servers' programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian doesn't put these directories on the `PATH` of every user.
const DIRECTORIES: [&str; 4] = ["/usr/lib/postgresql/15/bin", "/usr/sbin", "/usr/local/bin", "/usr/bin"];

/// Returns the path of a program: on the `PATH`, or where Debian installs it.
///
/// # Panics
/// If there is none.
pub(crate) fn program(name: &str) -> PathBuf {
    found(name).unwrap_or_else(|| missing(name))
}

/// Returns the path of a program, if there is one.
pub(crate) fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(DIRECTORIES.iter().map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

pub(crate) fn missing(name: &str) -> ! {
    panic!("`{name}` is missing: run `cargo xtask test install`, or install it by hand, on the PATH")
}

/// Runs a program to its end, and returns what it printed.
///
/// # Errors
/// Returns what it printed on stderr, or on stdout if that is all, if it fails.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{}: {error}", program_of(command).display()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (printed, complaint) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() {
        return Ok(printed);
    }
    Err(if complaint.is_empty() { printed } else { complaint })
}

fn program_of(command: &Command) -> &Path {
    Path::new(command.get_program())
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_missing_program_says_how_to_install_it() {
        assert!(program("sh").is_file());
        let panic = catch_unwind(|| program("no-such-server")).expect_err("there is none");
        let message = panic.downcast_ref::<String>().expect("it has a message");
        assert!(message.starts_with("`no-such-server` is missing: run `cargo xtask test install`"), "{message}");
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let run = |script: &str| output(Command::new("sh").args(["-c", script]));
        assert_eq!(run("echo yes").as_deref(), Ok("yes"));
        assert_eq!(run("echo out; echo no >&2; exit 1"), Err("no".to_owned()));
        assert_eq!(run("echo out; exit 1"), Err("out".to_owned()));
    }
}
