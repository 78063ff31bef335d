//! What polls of real files find, change by change, without any waiting.

use std::fs;
use std::path::{Path, PathBuf};

use breaker_core::{Config, Registry};
use tempfile::TempDir;

use super::{Change, Watcher};
use crate::loader::Loader;

struct Rig {
    directory: TempDir,
    watcher: Watcher,
}

/// Returns a file that sets one key.
fn text(threshold: &str) -> String {
    format!("circuit_breaker:\n  s3:\n    failure_threshold: {threshold}\n")
}

/// Applies a change to a registry; returns the threshold of `s3`, or the error.
fn outcome(change: Change) -> Result<Option<u32>, String> {
    let registry = Registry::new();
    let s3 = registry.get_or_create("s3", Config::default());
    change.and_then(|configuration| configuration.apply_to(&registry)).map_err(|error| error.on_one_line())?;
    Ok(s3.config().failure_threshold())
}

impl Rig {
    /// Watches the file with this name, which `make` creates.
    fn new(name: &str, make: impl FnOnce(&Path)) -> Self {
        let directory = tempfile::tempdir().expect("a directory for temporary files");
        make(directory.path());
        let loader = Loader::new().file(directory.path().join(name));
        let reported = loader.read(super::regular);
        loader.check(&reported).expect("good at first");
        Self { watcher: Watcher { loader, pending: None, reported }, directory }
    }

    fn plain() -> Self {
        Self::new("b.yaml", |directory| fs::write(directory.join("b.yaml"), text("1")).expect("written"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Polls once, and expects no change.
    fn nothing(&mut self) {
        assert!(self.watcher.poll().is_none());
    }

    /// Polls three times, and expects a change at the second poll only. Returns its outcome.
    fn change(&mut self) -> Result<Option<u32>, String> {
        self.nothing();
        let change = self.watcher.poll().expect("the change is reported");
        self.nothing();
        let directory = format!("{}/", self.directory.path().display());
        outcome(change).map_err(|line| line.replace(&directory, ""))
    }
}

#[test]
fn a_file_that_stays_the_same_is_no_news() {
    let mut rig = Rig::plain();
    rig.nothing();
    rig.write("b.yaml", text("1"));
    rig.nothing();
    rig.nothing();
}

#[test]
fn a_file_that_is_written_in_place_counts_once_it_stays_the_same() {
    let mut rig = Rig::plain();
    for half in ["", "circuit_breaker:\n", "circuit_breaker:\n  s3:\n    failure_threshold: 2"] {
        rig.write("b.yaml", half);
        rig.nothing();
    }
    rig.write("b.yaml", text("20"));
    assert_eq!(rig.change(), Ok(Some(20)));
    assert_eq!(rig.watcher.pending, None, "a text is kept no longer than it is needed");
}

#[test]
fn a_change_that_is_taken_back_meanwhile_is_no_news() {
    let mut rig = Rig::plain();
    rig.write("b.yaml", text("2"));
    rig.nothing();
    rig.write("b.yaml", text("1"));
    rig.nothing();
    rig.write("b.yaml", text("2"));
    assert_eq!(rig.change(), Ok(Some(2)), "and has to stay as long as any other when it comes again");
}

#[test]
fn an_editor_that_replaces_the_file_is_seen() {
    let mut rig = Rig::plain();
    rig.write("b.yaml~", text("2"));
    fs::rename(rig.path("b.yaml~"), rig.path("b.yaml")).expect("replaced");
    assert_eq!(rig.change(), Ok(Some(2)));
    fs::remove_file(rig.path("b.yaml")).expect("removed");
    rig.nothing();
    rig.write("b.yaml", text("3"));
    assert_eq!(rig.change(), Ok(Some(3)), "one that removes it first is not told as a loss");
}

#[cfg(unix)]
#[test]
fn a_swapped_symlink_is_seen_as_kubernetes_swaps_it() {
    use std::os::unix::fs::symlink;

    let volume = |directory: &Path, name: &str, threshold: &str| {
        fs::create_dir(directory.join(name)).expect("made");
        fs::write(directory.join(name).join("b.yaml"), text(threshold)).expect("written");
    };
    let mut rig = Rig::new("b.yaml", |directory| {
        volume(directory, "..2026_11_25", "1");
        symlink("..2026_11_25", directory.join("..data")).expect("linked");
        symlink("..data/b.yaml", directory.join("b.yaml")).expect("linked");
    });
    volume(rig.directory.path(), "..2026_11_26", "2");
    symlink("..2026_11_26", rig.path("..data_tmp")).expect("linked");
    rig.nothing();
    fs::rename(rig.path("..data_tmp"), rig.path("..data")).expect("swapped");
    fs::remove_dir_all(rig.path("..2026_11_25")).expect("removed");
    assert_eq!(rig.change(), Ok(Some(2)));
}

#[test]
fn a_bad_change_is_told_once_with_everything_that_is_wrong() {
    let mut rig = Rig::plain();
    rig.write("b.yaml", "circuit_breaker:\n  s3:\n    failure_treshold: 5\n    failure_rate: 1.5\n");
    let expected = "invalid circuit breaker configuration, 2 faults: \
        b.yaml:3:5: `s3`: unknown key `failure_treshold`; did you mean `failure_threshold`? | \
        b.yaml:4:19: `s3`: failure_rate = 1.5: must be above 0 and at most 1; write 0.5";
    assert_eq!(rig.change(), Err(expected.to_owned()));
    for _ in 0..3 {
        rig.nothing();
    }
    rig.write("b.yaml", text("0"));
    let zero = "invalid circuit breaker configuration: b.yaml:3:24: `s3`: failure_threshold = 0: ";
    let told = rig.change().expect_err("still bad, in another way");
    assert!(told.starts_with(zero), "{told}");
    rig.write("b.yaml", text("1"));
    assert_eq!(rig.change(), Ok(Some(1)), "good again, as it was at first");
}

#[test]
fn a_file_that_vanishes_is_told_once_and_so_is_its_return() {
    let mut rig = Rig::plain();
    fs::remove_file(rig.path("b.yaml")).expect("removed");
    let gone = rig.change().expect_err("gone");
    assert!(gone.contains(": b.yaml: can't be read: "), "{gone}");
    rig.nothing();
    rig.write("b.yaml", text("1"));
    assert_eq!(rig.change(), Ok(Some(1)));
}

#[test]
fn a_directory_may_vanish_and_come_back_too() {
    let mut rig = Rig::new("etc/b.yaml", |directory| {
        fs::create_dir(directory.join("etc")).expect("made");
        fs::write(directory.join("etc/b.yaml"), text("1")).expect("written");
    });
    fs::rename(rig.path("etc"), rig.path("old")).expect("moved");
    rig.change().expect_err("gone");
    fs::create_dir(rig.path("etc")).expect("made");
    rig.write("etc/b.yaml", text("4"));
    assert_eq!(rig.change(), Ok(Some(4)));
}

#[test]
fn too_much_is_bad_and_reading_stops_in_time() {
    let mut rig = Rig::plain();
    rig.write("b.yaml", vec![b'#'; 10 << 20]);
    let told = rig.change().expect_err("too long");
    assert!(told.contains("is longer than 1048576 bytes"), "{told}");
}

#[test]
fn of_very_many_faults_the_line_has_the_first() {
    let mut rig = Rig::plain();
    let keys: Vec<_> = (0..1_000).map(|key| format!("    strange{key}: 1\n")).collect();
    rig.write("b.yaml", format!("circuit_breaker:\n  s3:\n{}", keys.concat()));
    let told = rig.change().expect_err("no such keys");
    assert!(told.contains(": b.yaml:3:5: ") && told.contains(" | b.yaml:22:5: "), "{told}");
    assert!(told.ends_with(" | and 980 more") && told.len() < 20_000, "{} bytes", told.len());
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_in_place_of_the_file_is_told() {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    let mut rig = Rig::plain();
    fs::remove_file(rig.path("b.yaml")).expect("removed");
    assert!(Command::new("mkfifo").arg(rig.path("b.yaml")).status().expect("run").success());
    // Opening the pipe would wait for a writer.
    let told = rig.change().expect_err("no file");
    assert!(told.contains(": b.yaml: can't be read: only a regular file can be watched; "), "{told}");
    fs::remove_file(rig.path("b.yaml")).expect("removed");
    rig.write("b.yaml", text("3"));
    assert_eq!(rig.change(), Ok(Some(3)));
    fs::remove_file(rig.path("b.yaml")).expect("removed");
    symlink("/dev/null", rig.path("b.yaml")).expect("linked");
    rig.change().expect_err("no file either");
}
