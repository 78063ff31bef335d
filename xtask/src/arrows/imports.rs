//! Finds the imports between the files of a crate, and their cycles.

use std::path::Path;

use super::circles::Graph;
use super::modules::File;
use super::paths::{Named, named};
use super::scopes::{Scopes, Target};
use crate::sources;

/// A crate with every path in its sources.
pub(super) struct Imports {
    pub(super) files: Vec<File>,
    pub(super) found: Vec<Import>,
}

/// A path and its target.
pub(super) struct Import {
    /// The file that contains it.
    pub(super) from: usize,
    pub(super) named: Named,
    /// The path from the crate's root, if that is clear from the path itself: `["engine", "State"]`.
    pub(super) rooted: Option<Vec<String>>,
    pub(super) target: Target,
}

impl Imports {
    /// `own_name` is the crate's name in paths: `breaker_core`.
    pub(super) fn of(own_name: &str, files: Vec<File>) -> Self {
        let scopes = Scopes::new(own_name, &files);
        let mut found = Vec::new();
        for (from, file) in files.iter().enumerate() {
            for named in named(&file.module, file.is_test, &file.syntax) {
                let rooted = scopes.rooted(&named.module, &named.written);
                let target = scopes.target(&named.module, &named.written);
                found.push(Import { from, named, rooted, target });
            }
        }
        Self { files, found }
    }

    /// Returns the cycles. Ignores code that exists only in tests, and re-exports of the root.
    pub(super) fn circles(&self, workspace: &Path) -> Vec<String> {
        let name = |file: usize| sources::name(&self.files[file].path, workspace);
        let mut graph = Graph::default();
        for import in &self.found {
            let is_root = self.files[import.from].module.is_empty();
            if import.named.in_tests || (is_root && import.named.is_reexport) {
                continue;
            }
            if let Target::Here { file, name: what } = &import.target {
                graph.add(&name(import.from), &name(*file), what, Some(import.named.written.line));
            }
        }
        graph.circles("files")
    }
}

#[cfg(test)]
mod tests {
    use super::super::modules::planted;
    use super::*;

    fn circles(sources: &[(&str, &str)]) -> Vec<String> {
        Imports::of("house", planted::files(sources)).circles(Path::new(""))
    }

    const ROOT: (&str, &str) = ("lib.rs", "mod a; mod b; mod c;");

    /// A cycle with its imported names.
    fn tied(sources: &[(&str, &str)], expected: &str) {
        assert_eq!(circles(sources), [expected]);
    }

    #[test]
    fn arrows_that_only_point_down_pass() {
        let sources = [
            ROOT,
            ("a.rs", "use crate::{b::B, c::C};"),
            ("b.rs", "use super::c; fn f() { c::g() } pub struct B;"),
            ("c.rs", "use std::a::A; pub struct C; pub fn g() {}"),
        ];
        assert_eq!(circles(&sources), [""; 0]);
    }

    #[test]
    fn a_circle_of_two_files() {
        let sources = [
            ROOT,
            ("a.rs", "use crate::b::{B, f};\npub struct A;"),
            ("b.rs", "\nuse super::a::A;"),
            ("c.rs", "use crate::a::A;"),
        ];
        tied(
            &sources,
            "cycle of 2 files: a.rs, b.rs\n    a.rs -> b.rs: B (line 1), f (line 1)\n    b.rs -> a.rs: A (line 2)",
        );
    }

    #[test]
    fn a_circle_of_three_files() {
        let sources = [ROOT, ("a.rs", "use crate::b::B;"), ("b.rs", "use crate::c::C;"), ("c.rs", "use crate::a::A;")];
        tied(
            &sources,
            "cycle of 3 files: a.rs, b.rs, c.rs\n    a.rs -> b.rs: B (line 1)\n    b.rs -> c.rs: C (line 1)\n    c.rs -> a.rs: A (line 1)",
        );
    }

    #[test]
    fn a_circle_through_qualified_paths_and_macros() {
        let sources = [
            ROOT,
            ("a.rs", "fn f(x: &crate::b::B) {}"),
            ("b.rs", "fn f() { assert!(x == super::c::g()) }"),
            ("c.rs", "macro_rules! m { () => { $crate::a::A } }"),
        ];
        let found = circles(&sources);
        assert!(found[0].starts_with("cycle of 3 files: a.rs, b.rs, c.rs\n"), "{found:?}");
    }

    #[test]
    fn a_circle_through_a_parent() {
        let parent = ("a.rs", "mod child; use child::Child; pub struct A;");
        let sources = [ROOT, parent, ("a/child.rs", "use super::A; pub struct Child;"), ("b.rs", ""), ("c.rs", "")];
        tied(
            &sources,
            "cycle of 2 files: a.rs, a/child.rs\n    a.rs -> a/child.rs: Child (line 1)\n    a/child.rs -> a.rs: A (line 1)",
        );
    }

    #[test]
    fn a_parent_ties_nothing_by_what_it_declares_and_a_path_passes_through_it() {
        let parent = ("a.rs", "mod child; pub(crate) mod other; pub(crate) use other::Other;");
        let child = ("a/child.rs", "use super::other; use super::Other; fn f() { other::g(); crate::a::other::g() }");
        let sources = [ROOT, parent, child, ("a/other.rs", "pub struct Other;"), ("b.rs", ""), ("c.rs", "")];
        assert_eq!(circles(&sources), [""; 0]);
    }

    #[test]
    fn a_circle_that_a_re_export_hides() {
        let sources = [
            ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
            ("a.rs", "use crate::B; pub struct A;"),
            ("b.rs", "use crate::A; pub struct B;"),
        ];
        let found = circles(&sources);
        assert!(found[0].starts_with("cycle of 2 files: a.rs, b.rs\n"), "{found:?}");
    }

    #[test]
    fn a_circle_through_the_root_is_one_only_if_the_root_uses_the_file() {
        let re_export =
            [("lib.rs", "mod a; pub use a::A; pub fn f() {}"), ("a.rs", "pub fn g() { crate::f() } pub struct A;")];
        assert_eq!(circles(&re_export), [""; 0]);
        let call = [("lib.rs", "mod a; pub fn f() { a::g() }"), re_export[1]];
        assert!(circles(&call)[0].starts_with("cycle of 2 files: a.rs, lib.rs\n"));
    }

    #[test]
    fn tests_make_no_circle() {
        let sources = [
            ROOT,
            ("a.rs", "use crate::b::B; pub struct A; #[cfg(test)] mod tests;"),
            ("a/tests.rs", "use super::*; use crate::c::C;"),
            (
                "b.rs",
                "#[cfg(test)] mod tests { use super::*; use crate::a::A; } pub struct B; #[cfg(test)] use crate::a::A;",
            ),
            ("c.rs", "use crate::a::A; pub struct C; #[cfg(all(test, loom))] mod models { use crate::b::B; }"),
        ];
        assert_eq!(circles(&sources), [""; 0]);
    }
}
