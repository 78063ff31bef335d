//! File systems that only a test sees.

use std::path::Path;
use std::process::Command;

use crate::programs::{output, program};

/// Set in the process that has mounts of its own.
const INSIDE: &str = "SERVERS_TEST_HAS_ITS_OWN_MOUNTS";

/// Runs the body of the test with this full name again, in a process whose mounts nobody else sees.
pub fn with_own_mounts(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let itself = std::env::current_exe().expect("the test has a program");
    let mut command = Command::new(program("unshare"));
    command.args(["--mount", "--map-root-user"]).arg(itself).args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
    match output(&mut command) {
        Ok(text) => assert!(text.contains("1 passed"), "{text}"),
        Err(text) => panic!("{text}"),
    }
}

/// A file system in memory, for [`with_own_mounts`].
#[derive(Debug)]
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// Mounts one of this many megabytes.
    pub fn mount(megabytes: u32) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let size = format!("size={megabytes}m");
        let mut command = Command::new(program("mount"));
        if let Err(error) = output(command.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(directory.path())) {
            panic!("a file system can't be mounted: {error}");
        }
        Self(directory)
    }

    /// Returns its directory.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Otherwise its directory can't be removed. Gone with the process in any case.
        let _ = output(Command::new(program("umount")).arg("--lazy").arg(self.path()));
    }
}
