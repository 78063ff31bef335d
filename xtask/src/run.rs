//! Child processes: how they are printed, started and checked.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Returns cargo's target directory.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |directory| root.join(directory))
}

/// A command that can be printed as a person would type it.
pub(crate) struct Tool {
    command: Command,
    /// Environment variables that differ from the caller's, for the printed line.
    set: Vec<(String, String)>,
}

impl Tool {
    pub(crate) fn new(program: &str, directory: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(args).current_dir(directory);
        Self { command, set: Vec::new() }
    }

    /// Uses the cargo that runs xtask, so that its toolchain is kept.
    pub(crate) fn cargo(root: &Path, args: &[&str]) -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        Self::new(&cargo, root, args)
    }

    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.command.env(key, value);
        self.set.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Removes an environment variable of the caller.
    pub(crate) fn without(mut self, key: &str) -> Self {
        self.command.env_remove(key);
        self
    }

    /// Runs the command on our terminal. Any exit code except 0 is an error that names the command.
    pub(crate) fn run(self) -> Result<(), String> {
        self.run_with(&[0])
    }

    /// Like [`run`](Self::run), but accepts these exit codes.
    pub(crate) fn run_with(mut self, fine: &[i32]) -> Result<(), String> {
        let line = self.to_string();
        println!("    $ {line}");
        let status = self.command.status().map_err(|error| format!("`{line}` did not start: {error}"))?;
        if status.code().is_some_and(|code| fine.contains(&code)) {
            Ok(())
        } else {
            Err(format!("`{line}` failed ({status})"))
        }
    }

    /// Like [`run`](Self::run), and passes each line of its stderr to `hear`, too.
    pub(crate) fn run_heard(mut self, mut hear: impl FnMut(&str)) -> Result<(), String> {
        let line = self.to_string();
        println!("    $ {line}");
        let failed = |error| format!("`{line}`: {error}");
        let mut child = self.command.stderr(Stdio::piped()).spawn().map_err(failed)?;
        for text in child.stderr.take().map(BufReader::new).into_iter().flat_map(|stderr| stderr.split(b'\n')) {
            let text = text.map_err(failed)?;
            let text = String::from_utf8_lossy(&text);
            eprintln!("{text}");
            hear(&text);
        }
        let status = child.wait().map_err(failed)?;
        if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
    }

    /// Runs the command and returns its output. Its stderr goes to our terminal.
    pub(crate) fn output(mut self) -> Result<String, String> {
        let line = self.to_string();
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("`{line}` did not start: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("`{line}` failed ({})", output.status))
        }
    }

    /// Runs the command and returns whether it succeeds. Kills it and returns `None` if it takes longer than `limit`.
    /// Its output goes to the file `log`.
    pub(crate) fn success_within(mut self, limit: Duration, log: &Path) -> Result<Option<bool>, String> {
        let line = self.to_string();
        let failed = |error| format!("`{line}`: {error}");
        let file = File::create(log).map_err(failed)?;
        let command = self.command.stdin(Stdio::null()).stdout(file.try_clone().map_err(failed)?).stderr(file);
        let mut child = command.spawn().map_err(failed)?;
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(status) = child.try_wait().map_err(failed)? {
                return Ok(Some(status.success()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        child.kill().and_then(|()| child.wait()).map_err(failed)?;
        Ok(None)
    }

    /// Returns the output if the command starts and succeeds. Prints nothing.
    pub(crate) fn quiet_output(mut self) -> Option<String> {
        let output = self.command.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Returns whether the command starts and succeeds. Prints nothing.
    pub(crate) fn works(mut self) -> bool {
        let quiet = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.set {
            write!(f, "{key}=\"{value}\" ")?;
        }
        let program = Path::new(self.command.get_program());
        write!(f, "{}", program.file_name().unwrap_or(program.as_os_str()).display())?;
        for arg in self.command.get_args() {
            write!(f, " {}", arg.display())?;
        }
        Ok(())
    }
}
