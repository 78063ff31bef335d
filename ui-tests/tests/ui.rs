//! Compiles every case. A changed message is a changed interface: `cargo xtask bless` writes the new one, to be read
//! before it is committed.

use std::path::Path;

/// The files below a folder of cases.
fn cases(folder: &str) -> usize {
    fn count(folder: &Path) -> usize {
        std::fs::read_dir(folder)
            .expect("the folder of cases is readable")
            .map(|entry| entry.expect("an entry is readable").path())
            .map(
                |path| {
                    if path.is_dir() { count(&path) } else { usize::from(path.extension().is_some_and(|e| e == "rs")) }
                },
            )
            .sum()
    }
    count(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

#[test]
fn every_mistake_is_explained_and_every_shape_compiles() {
    // An empty folder would pass unseen.
    assert!(cases("cases/fail") >= 60, "{} failing cases", cases("cases/fail"));
    assert!(cases("cases/pass") >= 25, "{} passing cases", cases("cases/pass"));
    let ui = trybuild::TestCases::new();
    ui.pass("cases/pass/*.rs");
    ui.compile_fail("cases/fail/*/*.rs");
}
