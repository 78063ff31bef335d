//! Each test run replays all kept inputs: the few that reach most of the code, and all that have ever failed.
//!
//! The name of an input tells what it shows. Most sequences were found for the code that they reach, so their names list
//! what is in them: kind of window and rules of the first configuration, the number of steps, and special kinds of steps.

use std::fs;
use std::path::Path;

use crate::{attribute, durations, sequences};

/// Checks all kept inputs of a target, and that there are at least `least` of them, so that none gets lost unnoticed.
fn replay(target: &str, least: usize, check: fn(&[u8]) -> bool) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = package.parent().expect("the package is inside the repository").join("fuzz/kept").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut replayed = 0;
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let input = fs::read(&path).expect("an input can be read");
        println!("{}", path.display());
        assert!(check(&input), "{}: not an input of this target", path.display());
        replayed += 1;
    }
    println!("{replayed} inputs replayed");
    assert!(replayed >= least, "{replayed} inputs in {}, {least} at least", folder.display());
}

#[test]
fn attribute_inputs_that_are_kept() {
    replay("attribute", 50, attribute::check);
}

#[test]
fn duration_inputs_that_are_kept() {
    replay("durations", 50, durations::check);
}

#[test]
fn sequence_inputs_that_are_kept() {
    replay("sequences", 45, sequences::check);
}
