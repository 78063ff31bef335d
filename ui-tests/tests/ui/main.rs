//! Compiles every case. Messages are part of the interface: `cargo xtask bless` writes changed ones. Read each before you
//! commit it.

mod expected;

use std::env;
use std::path::Path;
use std::process::Command;

/// The variable that is set in the process that compiles the cases.
const CHILD: &str = "UI_TESTS_CHILD";

/// Variables that change messages: `CARGO_ENCODED_RUSTFLAGS` replaces the flags that trybuild sets, and with
/// `RUSTC_BOOTSTRAP` the compiler behaves like a nightly one.
const CHANGES_MESSAGES: [&str; 2] = ["CARGO_ENCODED_RUSTFLAGS", "RUSTC_BOOTSTRAP"];

#[test]
fn every_mistake_is_explained_and_every_shape_compiles() {
    if env::var_os(CHILD).is_some() {
        return compile();
    }
    // Without this check, an empty folder would pass.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, at_least) in [("cases/fail", 60), ("cases/pass", 25)] {
        let cases = expected::files(&package.join(folder), "rs").len();
        assert!(cases >= at_least, "{cases} cases in {folder}");
    }
    compile_in_a_child();
    // Runs last, so that it checks the files that `cargo xtask bless` has just written.
    let faults = expected::faults(package, "cases/fail");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Runs this test again in a child process with the same arguments, because a process can't remove its own variables without
/// unsafe code.
fn compile_in_a_child() {
    let mut child = Command::new(env::current_exe().expect("the path of a test is known"));
    // trybuild resolves a relative target directory against ui-tests, and doesn't recognize the cases below one that is a
    // parent of the checkout. This one is absolute, and no other build uses it.
    child.args(env::args_os().skip(1)).env(CHILD, "1").env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"));
    for name in CHANGES_MESSAGES {
        child.env_remove(name);
    }
    let status = child.status().expect("a test can be started");
    assert!(status.success(), "cases failed: see above");
}

/// Compiles the failing and the passing cases separately: if no case has to run, trybuild checks all of them in one build.
fn compile() {
    trybuild::TestCases::new().compile_fail("cases/fail/*/*.rs");
    trybuild::TestCases::new().pass("cases/pass/*.rs");
}
