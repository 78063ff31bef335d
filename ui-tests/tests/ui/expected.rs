//! Rules for the expected outputs: one error for each mistake, in the lines of the case, and no text that depends on the
//! machine.

use std::fs;
use std::path::{Path, PathBuf};

/// Sources outside the workspace, as trybuild writes their paths. The compiler prints their lines only if they are installed;
/// for the standard library, that is the component `rust-src`.
const OUTSIDE: [&str; 2] = ["$RUST/", "$CARGO/"];

/// The comment at the end of a case with more than one mistake, before their number.
const MISTAKES: &str = "// mistakes: ";

/// Returns the files with this extension in a folder and its subfolders.
pub(super) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of cases is readable");
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry is readable").path()) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|of_file| of_file == extension) {
            found.push(path);
        }
    }
    found
}

/// Returns the violations of these rules by the cases in a folder of the package.
pub(super) fn faults(package: &Path, folder: &str) -> Vec<String> {
    let folder = package.join(folder);
    let mut faults = Vec::new();
    for output in files(&folder, "stderr") {
        if !output.with_extension("rs").exists() {
            faults.push(format!("{}: there is no such case", output.display()));
        }
    }
    for case in files(&folder, "rs") {
        let name =
            case.strip_prefix(package).expect("cases are in the package").display().to_string().replace('\\', "/");
        let source = fs::read_to_string(&case).expect("a case is readable");
        match fs::read_to_string(case.with_extension("stderr")) {
            Ok(output) => faults.extend(faults_of(&name, &source, &output)),
            Err(_) => faults.push(format!("{name}: no expected output; cases are in `cases/fail/<argument>/`")),
        }
    }
    faults
}

fn faults_of(case: &str, source: &str, output: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mistakes = source.lines().find_map(|line| line.strip_prefix(MISTAKES)).unwrap_or("1");
    let errors = places_of_errors(output);
    if errors.len().to_string() != mistakes {
        faults.push(format!(
            "{case}: {} errors for {mistakes} mistake(s); a case with more than one mistake ends with `{MISTAKES}<number>`",
            errors.len()
        ));
    }
    for place in errors.iter().filter(|place| !place.starts_with(&format!("{case}:"))) {
        faults.push(format!("{case}: an error points to `{place}`, not into the case"));
    }
    for path in OUTSIDE.iter().filter(|path| output.contains(**path)) {
        faults.push(format!(
            "{case}: the output names `{path}`, whose lines are printed only where its sources are installed \
             (`rust-src`): rewrite the case so that no note points there"
        ));
    }
    faults
}

/// Returns the first place that each error or warning points to.
fn places_of_errors(output: &str) -> Vec<&str> {
    let mut places = Vec::new();
    for line in output.lines() {
        if ["error:", "error[", "warning:", "warning["].iter().any(|heading| line.starts_with(heading)) {
            places.push(None);
        } else if let (Some(place @ None), Some(arrow)) = (places.last_mut(), line.trim_start().strip_prefix("--> ")) {
            *place = Some(arrow);
        }
    }
    places.into_iter().map(|place| place.unwrap_or("nowhere")).collect()
}

#[test]
fn an_output_that_depends_on_the_component_rust_src_is_a_fault() {
    let error = "error[E0308]: mismatched types\n --> cases/fail/a/b.rs:7:19\n  |\n7 |     Ok(\"zero\")\n  |        ^^^^^^\n  |\n";
    assert!(faults_of("cases/fail/a/b.rs", "", error).is_empty());
    for place in ["$RUST/core/src/result.rs", "$CARGO/tokio-$VERSION/src/time.rs"] {
        let faults = faults_of("cases/fail/a/b.rs", "", &format!("{error}note: defined here\n --> {place}\n"));
        assert_eq!(faults.len(), 1, "{faults:?}");
    }
}

#[test]
fn an_output_has_as_many_errors_as_the_case_has_mistakes() {
    let one = "error: unknown key `x`\n --> cases/fail/a/b.rs:4:1\n";
    let two = format!("{one}\n{one}");
    let warned = format!("warning: unused\n --> cases/fail/a/b.rs:1:1\n\n{one}");
    let faults = |source, output| faults_of("cases/fail/a/b.rs", source, output).len();
    let source = "fn main() {}\n";
    assert_eq!((faults(source, one), faults(source, &two), faults(source, &warned)), (0, 1, 1));
    let source = "fn main() {}\n\n// mistakes: 2\n";
    assert_eq!((faults(source, one), faults(source, &two)), (1, 0));
}

#[test]
fn an_error_that_points_elsewhere_than_into_the_case_is_a_fault() {
    for place in [" --> $WORKSPACE/breaker-core/src/protect.rs\n", ""] {
        assert_eq!(faults_of("cases/fail/a/b.rs", "", &format!("error: no\n{place}")).len(), 1, "{place}");
    }
}
