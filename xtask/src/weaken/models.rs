//! Builds and runs the models under a weakening, and determines their verdicts.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_metadata::Message;

use crate::loom;
use crate::run::Tool;

/// Time limit for a model. A model that fails does so early; after this time, it no longer fails.
const PATIENCE: Duration = Duration::from_secs(600);
/// loom's message for a limit that is not a failure of the model.
const NO_FAILURE: &str = "Model exceeded maximum number of branches";

/// The program that contains all models.
pub(super) struct Models {
    program: PathBuf,
    /// Their full names.
    names: Vec<String>,
}

/// The result of one model.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Failed(String),
    Passed,
    TooLong,
    /// It ended for another reason than an assertion.
    Broke(String),
}

impl Models {
    /// Builds the models of this copy. Without the cross-crate optimizations of `cargo xtask loom`, with which the
    /// build would take a minute for each row.
    pub(super) fn build(house: &Path, directory: &Path) -> Result<Self, String> {
        let command = ["test", "--release", "--quiet", "--no-run", "--message-format=json-render-diagnostics"];
        let messages = loom::cargo(house, directory, &command, "-A warnings")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_INCREMENTAL", "true")
            .output()?;
        let mut programs = Message::parse_stream(messages.as_bytes()).filter_map(|message| match message {
            Ok(Message::CompilerArtifact(artifact)) => artifact.executable,
            _ => None,
        });
        let program = programs.next().ok_or("cargo built no test")?.into_std_path_buf();
        let list = Tool::new(&program.to_string_lossy(), house, &["--list"]).output()?;
        let names = list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect();
        Ok(Self { program, names })
    }

    /// Returns a model's full name.
    pub(super) fn find(&self, model: &str) -> Result<&str, String> {
        let end = format!("::loom_{model}");
        self.names
            .iter()
            .find(|name| name.ends_with(&end))
            .map(String::as_str)
            .ok_or(format!("no model is called {model}"))
    }

    /// Checks that all models pass without a weakening.
    pub(super) fn control(&self, directory: &Path, models: &[&str]) -> Result<(), String> {
        let names = models.iter().map(|model| self.find(model)).collect::<Result<Vec<_>, _>>()?;
        let tool = Tool::new(&self.program.to_string_lossy(), directory, &["--exact"]);
        names.into_iter().fold(tool, Tool::arg).run()
    }

    pub(super) fn run(&self, directory: &Path, model: &str) -> Result<Verdict, String> {
        let log = directory.join("model.log");
        let arguments = ["--exact", self.find(model)?, "--nocapture"];
        let ended = Tool::new(&self.program.to_string_lossy(), directory, &arguments)
            .env("RUST_BACKTRACE", "0")
            .success_within(PATIENCE, &log)?;
        let said = fs::read(&log).map_err(|error| format!("can't read {}: {error}", log.display()))?;
        Ok(judge(ended, &String::from_utf8_lossy(&said)))
    }
}

/// Determines the verdict from the first panic: either one in the engine or its models, or loom's for the use of a
/// value whose creation the thread has not seen.
fn judge(succeeded: Option<bool>, said: &str) -> Verdict {
    match succeeded {
        None => return Verdict::TooLong,
        Some(true) => return Verdict::Passed,
        Some(false) => {}
    }
    let mut lines = said.lines().skip_while(|line| !line.contains(" panicked at "));
    let place = lines.next().unwrap_or_default();
    let message = lines.next().unwrap_or_default().trim().to_owned();
    let is_ours = place.contains("/engine/") || place.contains("/sync") || message.starts_with("Causality violation");
    if is_ours && !message.contains(NO_FAILURE) {
        Verdict::Failed(message)
    } else {
        Verdict::Broke(format!("{place} {message}"))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message) => write!(f, "failed: {}", message.chars().take(100).collect::<String>()),
            Self::Passed => f.write_str("NOT DETECTED"),
            Self::TooLong => write!(f, "ERROR: still running after {} s", PATIENCE.as_secs()),
            Self::Broke(how) => write!(f, "ERROR: not an assertion: {how}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_assertion_is_a_failure() {
        let said = "running 1 test\n\nthread 'x' (7) panicked at breaker-core/src/engine/loom_tests/a.rs:9:5:\nW5\n";
        assert_eq!(judge(Some(false), said), Verdict::Failed("W5".to_owned()));
        assert_eq!(judge(Some(true), ""), Verdict::Passed);
        assert_eq!(judge(None, said), Verdict::TooLong);
        let elsewhere =
            "thread 'x' (7) panicked at /registry/loom/src/rt/mod.rs:1:1:\nModel exceeded maximum number of branches";
        assert!(matches!(judge(Some(false), elsewhere), Verdict::Broke(_)));
        assert!(matches!(judge(Some(false), "killed"), Verdict::Broke(_)));
    }
}
