//! A server's directory, and the watcher that cleans up when the process of the test is killed.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::tree;

/// Waits for the end of its input, which the test's process holds open. Then kills what works in the directory `$1`, and
/// removes it. After a regular end, there is nothing left to do.
const WATCHER: &str = r#"
read -r _
while [ -e "$1" ]; do
    for process in /proc/[0-9]*; do
        case "$(readlink "$process/cwd")" in "$1" | "$1"/*) kill -9 "${process#/proc/}" ;; esac
    done
    rm -rf "$1"
done
"#;

/// A temporary directory for one server. Dropping it kills the server and removes the directory.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Without symbolic links, as the kernel reports working directories. Removed when it is dropped.
    path: PathBuf,
    _temporary: TempDir,
    watcher: Child,
}

impl Directory {
    pub(crate) fn new() -> Self {
        let temporary =
            tempfile::Builder::new().prefix("server-").tempdir().expect("a temporary directory can be made");
        let path = temporary.path().canonicalize().expect("the directory exists");
        let watcher = Command::new("sh")
            .args(["-c", WATCHER, "watcher"])
            .arg(&path)
            .current_dir("/")
            // Whoever kills the test's process group doesn't kill the watcher.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        Self { path, _temporary: temporary, watcher }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        tree::kill(&self.path);
        // Removed here and not by the fields' own drop, so that the watcher finds nothing to do.
        let _ = std::fs::remove_dir_all(&self.path);
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}
