//! Finds the files of a crate by following its `mod` declarations from the root.

use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta};

use super::cfg::is_test_only;
use super::written::text;

/// One source file, which is one module.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// The path from the crate's root, which is the empty list: `["engine", "word"]`.
    pub(super) module: Vec<String>,
    /// Whether it exists only in tests.
    pub(super) is_test: bool,
    pub(super) syntax: syn::File,
}

/// Reads a file: from disk, or from a test's map.
pub(super) type Read<'a> = &'a dyn Fn(&Path) -> Result<String, String>;

/// Loads all files of a crate, the root first.
pub(super) fn load(root: &Path, read: Read) -> Result<Vec<File>, String> {
    let mut loader = Loader { read, files: Vec::new() };
    loader.file(root, &[], directory(root), false)?;
    Ok(loader.files)
}

struct Loader<'a> {
    read: Read<'a>,
    files: Vec<File>,
}

/// The directories of a module's submodules.
struct Place<'a> {
    module: &'a [String],
    /// The directory of the file itself, for `#[path]`.
    beside: &'a Path,
    below: &'a Path,
    is_test: bool,
}

impl Loader<'_> {
    fn file(&mut self, path: &Path, module: &[String], below: &Path, is_test: bool) -> Result<(), String> {
        let syntax = syn::parse_file(&(self.read)(path)?)
            .map_err(|error| format!("{}:{}: {error}", path.display(), error.span().start().line))?;
        let is_test = is_test || is_test_only(&syntax.attrs);
        let items = declared(&syntax.items);
        self.files.push(File { path: path.to_path_buf(), module: module.to_vec(), is_test, syntax });
        self.modules(&items, &Place { module, beside: directory(path), below, is_test })
    }

    fn modules(&mut self, items: &[Declared], place: &Place) -> Result<(), String> {
        for Declared { name, path, is_test, inline } in items {
            let module = [place.module, std::slice::from_ref(name)].concat();
            let is_test = place.is_test || *is_test;
            let below = place.below.join(name);
            match (inline, path) {
                (Some(items), _) => {
                    // A `#[path]` in an inline module is relative to the directory of that module.
                    self.modules(items, &Place { module: &module, beside: &below, below: &below, is_test })?;
                }
                (None, Some(path)) => {
                    let path = place.beside.join(path);
                    self.file(&path, &module, directory(&path), is_test)?;
                }
                (None, None) => {
                    let path = self.find(&below)?;
                    self.file(&path, &module, &below, is_test)?;
                }
            }
        }
        Ok(())
    }

    fn find(&self, stem: &Path) -> Result<PathBuf, String> {
        let beside = stem.with_extension("rs");
        let inside = stem.join("mod.rs");
        let exists = |path: &PathBuf| (self.read)(path).is_ok();
        [beside, inside].into_iter().find(exists).ok_or_else(|| format!("no file for the module `{}`", stem.display()))
    }
}

fn directory(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// A `mod` in a file.
struct Declared {
    name: String,
    path: Option<String>,
    is_test: bool,
    inline: Option<Vec<Declared>>,
}

fn declared(items: &[Item]) -> Vec<Declared> {
    let modules = items.iter().filter_map(|item| if let Item::Mod(module) = item { Some(module) } else { None });
    let declared = |module: &ItemMod| Declared {
        name: text(&module.ident),
        path: module.attrs.iter().find_map(path),
        is_test: is_test_only(&module.attrs),
        inline: module.content.as_ref().map(|(_, items)| declared(items)),
    };
    modules.map(declared).collect()
}

fn path(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &meta.value else { return None };
    let Lit::Str(path) = &literal.lit else { return None };
    meta.path.is_ident("path").then(|| path.value())
}

#[cfg(test)]
pub(super) mod planted {
    //! Crates defined by tests.

    use super::*;

    /// The first file is the root.
    pub(in super::super) fn files(sources: &[(&str, &str)]) -> Vec<File> {
        let read = |path: &Path| {
            let source = sources.iter().find(|(name, _)| Path::new(name) == path);
            source.map(|(_, text)| (*text).to_owned()).ok_or_else(|| format!("{} is not there", path.display()))
        };
        load(Path::new(sources[0].0), &read).expect("every `mod` has its file")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_declare_a_module_is_followed() {
        let files = planted::files(&[
            ("src/lib.rs", "mod a; pub mod b; mod c { mod d; #[path = \"x/y.rs\"] mod e; }"),
            ("src/a.rs", "mod f; #[cfg(test)] #[path = \"a_tests.rs\"] mod tests;"),
            ("src/a/f.rs", ""),
            ("src/a_tests.rs", "#[path = \"a_tests/g.rs\"] mod g; mod h;"),
            ("src/a_tests/g.rs", ""),
            ("src/h.rs", ""),
            ("src/b/mod.rs", "mod i;"),
            ("src/b/i.rs", "#![cfg(test)]"),
            ("src/c/d.rs", ""),
            ("src/c/x/y.rs", ""),
        ]);
        let found: Vec<_> = files
            .iter()
            .map(|file| format!("{} {} {}", file.path.display(), file.module.join("::"), file.is_test))
            .collect();
        assert_eq!(
            found,
            [
                "src/lib.rs  false",
                "src/a.rs a false",
                "src/a/f.rs a::f false",
                "src/a_tests.rs a::tests true",
                "src/a_tests/g.rs a::tests::g true",
                "src/h.rs a::tests::h true",
                "src/b/mod.rs b false",
                "src/b/i.rs b::i true",
                "src/c/d.rs c::d false",
                "src/c/x/y.rs c::e false",
            ]
        );
    }

    #[test]
    fn a_missing_file_and_bad_rust_are_told() {
        let read = |text: &'static str| {
            let read =
                move |path: &Path| if path.ends_with("lib.rs") { Ok(text.to_owned()) } else { Err(String::new()) };
            load(Path::new("src/lib.rs"), &read).err()
        };
        assert_eq!(read("mod a;").as_deref(), Some("no file for the module `src/a`"));
        assert!(read("\nfn fn").is_some_and(|error| error.starts_with("src/lib.rs:2: ")));
    }
}
