//! Compiles every case. A changed message is a changed interface: `cargo xtask bless` writes the new one, to be read
//! before it is committed.

mod expected;

use std::env;
use std::path::Path;
use std::process::Command;

/// Set in the process that compiles the cases.
const CHILD: &str = "UI_TESTS_CHILD";

/// Variables that change messages: these flags replace the ones that trybuild sets, and under `RUSTC_BOOTSTRAP` the
/// compiler takes itself for a nightly one.
const CHANGES_MESSAGES: [&str; 2] = ["CARGO_ENCODED_RUSTFLAGS", "RUSTC_BOOTSTRAP"];

#[test]
fn every_mistake_is_explained_and_every_shape_compiles() {
    if env::var_os(CHILD).is_some() {
        return compile();
    }
    // An empty folder would pass unseen.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, at_least) in [("cases/fail", 60), ("cases/pass", 25)] {
        let cases = expected::files(&package.join(folder), "rs").len();
        assert!(cases >= at_least, "{cases} cases in {folder}");
    }
    compile_in_a_child();
    // Last, so that it sees what `cargo xtask bless` has just written.
    let faults = expected::faults(package, "cases/fail");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Runs this test again in a child, with the same arguments: a process can't remove its own variables without unsafe code.
fn compile_in_a_child() {
    let mut child = Command::new(env::current_exe().expect("the path of a test is known"));
    // trybuild resolves a relative target directory against ui-tests, and doesn't recognize the cases below one that is a
    // parent of the checkout. This one is absolute and our own.
    child.args(env::args_os().skip(1)).env(CHILD, "1").env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"));
    for name in CHANGES_MESSAGES {
        child.env_remove(name);
    }
    let status = child.status().expect("a test can be started");
    assert!(status.success(), "cases failed: see above");
}

/// Mistakes apart from shapes: where there is none to run, trybuild checks all cases in one build.
fn compile() {
    trybuild::TestCases::new().compile_fail("cases/fail/*/*.rs");
    trybuild::TestCases::new().pass("cases/pass/*.rs");
}
