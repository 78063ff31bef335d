//! A disk that is full: a small file system, in which the servers' directories are.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

fn filler() -> PathBuf {
    std::env::temp_dir().join("filler")
}

/// Writes until nothing is left.
pub(crate) fn fill() {
    let mut file = File::options().create(true).append(true).open(filler()).expect("a file can be made");
    // The last pages one by one, so that none is left.
    for length in [1 << 20, 1 << 12, 1] {
        let chunk = vec![0; length];
        while let Ok(()) = file.write_all(&chunk).inspect_err(|error| {
            assert_eq!(error.kind(), ErrorKind::StorageFull, "the only error that is expected: {error}");
        }) {}
    }
}

/// Makes room again.
pub(crate) fn empty() {
    fs::remove_file(filler()).expect("it was written");
}
