//! Resolves a path to the file that defines the item, through any number of re-exports.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Item};

use super::modules::File;
use super::written::{Written, text};

/// A module's path from the root.
type Module = Vec<String>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// A file of this crate, by its index, and the name of the item; `*` or the module's name if there is none.
    Here { file: usize, name: String },
    /// The whole path: of another crate, or of something that the sources don't define (a type parameter, a name from
    /// the prelude).
    Outside(Vec<String>),
}

/// The names in each module of a crate.
pub(super) struct Scopes {
    /// The crate's name in its own sources, other than `crate`.
    own_name: String,
    scopes: BTreeMap<Module, Scope>,
}

#[derive(Default)]
struct Scope {
    file: usize,
    /// Name -> file: a module may have two files, each under its own `cfg`.
    defined: BTreeMap<String, usize>,
    imported: Vec<Written>,
}

/// The imports that a search has already followed, by module and index: they may form a cycle.
type Followed = BTreeSet<(Module, usize)>;

impl Scopes {
    pub(super) fn new(own_name: &str, files: &[File]) -> Self {
        let mut this = Self { own_name: own_name.to_owned(), scopes: BTreeMap::new() };
        for (index, file) in files.iter().enumerate() {
            this.read(index, &file.module, &file.syntax.items);
        }
        this
    }

    fn read(&mut self, file: usize, module: &[String], items: &[Item]) {
        self.scopes.entry(module.to_vec()).or_insert_with(|| Scope { file, ..Scope::default() });
        for item in items {
            match item {
                Item::Mod(inner) => {
                    if let Some((_, items)) = &inner.content {
                        self.read(file, &[module, &[text(&inner.ident)]].concat(), items);
                    }
                }
                Item::Use(item) => {
                    let leaves = Written::leaves(&[], item.leading_colon.is_some(), &item.tree);
                    self.scope(module).imported.extend(leaves);
                }
                Item::Macro(item) if item.attrs.iter().any(is_exported) => self.define(&[], item.ident.as_ref(), file),
                _ => self.define(module, defined(item), file),
            }
        }
    }

    fn define(&mut self, module: &[String], name: Option<&syn::Ident>, file: usize) {
        if let Some(name) = name {
            self.scope(module).defined.entry(text(name)).or_insert(file);
        }
    }

    fn scope(&mut self, module: &[String]) -> &mut Scope {
        self.scopes.entry(module.to_vec()).or_default()
    }

    /// Returns the path from the crate's root, if that is clear without a look-up: `super::b` in `crate::a` is `[b]`.
    pub(super) fn rooted(&self, module: &[String], path: &Written) -> Option<Vec<String>> {
        let segments = path.segments.as_slice();
        if segments[0] == "crate" || segments[0] == self.own_name {
            return Some(segments[1..].to_vec());
        }
        let ups = segments.iter().take_while(|segment| *segment == "super" || *segment == "self").count();
        let supers = segments[..ups].iter().filter(|segment| *segment == "super").count();
        let base = &module[..module.len().saturating_sub(supers)];
        (ups > 0 && !path.is_absolute).then(|| [base, &segments[ups..]].concat())
    }

    /// Returns the target of a path in a module.
    pub(super) fn target(&self, module: &[String], path: &Written) -> Target {
        self.resolve(module, path, &mut Followed::new())
    }

    fn resolve(&self, module: &[String], path: &Written, followed: &mut Followed) -> Target {
        if let Some(segments) = self.rooted(module, path) {
            return self.inside(&[], &segments, followed);
        }
        let local = if path.is_absolute { None } else { self.find(module, &path.segments, followed) };
        local.unwrap_or_else(|| Target::Outside(path.segments.clone()))
    }

    /// Resolves a path that certainly starts in this module. A name without a definition in the sources comes from a
    /// macro in the module; the module also counts as the origin of names that it re-exports from another crate.
    fn inside(&self, module: &[String], segments: &[String], followed: &mut Followed) -> Target {
        match self.find(module, segments, followed) {
            Some(here @ Target::Here { .. }) => here,
            Some(Target::Outside(_)) | None => {
                let file = self.scopes.get(module).map_or(0, |scope| scope.file);
                let name = segments.first().or(module.last()).map_or("crate", String::as_str);
                Target::Here { file, name: name.to_owned() }
            }
        }
    }

    fn find(&self, module: &[String], segments: &[String], followed: &mut Followed) -> Option<Target> {
        let scope = self.scopes.get(module)?;
        let here = |file, name: &str| Some(Target::Here { file, name: name.to_owned() });
        let Some((first, rest)) = segments.split_first() else {
            return here(scope.file, module.last().map_or("crate", String::as_str));
        };
        if first == "*" {
            return here(scope.file, first);
        }
        let inner = [module, std::slice::from_ref(first)].concat();
        if self.scopes.contains_key(&inner) {
            return Some(self.inside(&inner, rest, followed));
        }
        if let Some(&file) = scope.defined.get(first) {
            return here(file, first);
        }
        let imports = || scope.imported.iter().enumerate();
        // After `use quote::quote`, a path such as `quote::ToTokens` still starts with the crate.
        let brings = |import: &Written| import.alias.as_ref() == Some(first) && import.segments[0] != *first;
        for (index, import) in imports().filter(|(_, import)| brings(import)) {
            if followed.insert((module.to_vec(), index)) {
                let segments = [&import.segments, rest].concat();
                return Some(self.resolve(module, &Written { segments, ..import.clone() }, followed));
            }
        }
        imports().filter(|(_, import)| import.is_glob()).find_map(|(index, glob)| {
            let brought = self.globbed(module, glob)?;
            followed.insert((module.to_vec(), index)).then(|| self.find(&brought, segments, followed))?
        })
    }

    /// Returns the module of this crate whose names a glob imports.
    fn globbed(&self, module: &[String], glob: &Written) -> Option<Module> {
        let mut path = glob.clone();
        path.segments.pop();
        if path.segments.is_empty() {
            return None;
        }
        let brought = self.rooted(module, &path).unwrap_or_else(|| [module, &path.segments].concat());
        self.scopes.contains_key(&brought).then_some(brought)
    }
}

fn is_exported(attribute: &Attribute) -> bool {
    attribute.path().is_ident("macro_export")
}

fn defined(item: &Item) -> Option<&syn::Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::TraitAlias(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::modules::planted;
    use super::*;

    const HOUSE: &[(&str, &str)] = &[
        ("lib.rs", "mod engine; mod event; mod turn; pub use engine::State; pub use event::*; use tracing;"),
        (
            "engine/mod.rs",
            "pub(crate) use cell::{Cell, self as c}; use quote::quote; mod cell; mod word; pub(crate) use self::word::*; made!(Made);",
        ),
        (
            "engine/cell.rs",
            "use super::word::Word; use std::time; pub struct Cell; enum Own { A } #[macro_export] macro_rules! out {}",
        ),
        (
            "engine/word.rs",
            "pub struct Word; pub use crate::event::Event; mod inline { pub struct Deep; use super::Word; }",
        ),
        (
            "event.rs",
            "pub struct Event; pub use crate::engine::State as S; pub use crate::turn::*; pub use std::sync::Arc;",
        ),
        ("turn.rs", "pub use crate::event::*;"),
    ];

    /// Returns the target of a path as `file.rs Name`.
    fn lead(module: &str, path: &str) -> String {
        let files = planted::files(HOUSE);
        let scopes = Scopes::new("house", &files);
        let module: Vec<String> = module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let written = match path.strip_suffix("::*") {
            Some(glob) => {
                let path = Written::in_code(&syn::parse_str(glob).expect("a path"));
                Written { segments: [&path.segments[..], &["*".to_owned()]].concat(), ..path }
            }
            None => Written::in_code(&syn::parse_str(path).expect("a path")),
        };
        match scopes.target(&module, &written) {
            Target::Here { file, name } => format!("{} {name}", files[file].path.display()),
            Target::Outside(path) => format!("outside {}", path.join("::")),
        }
    }

    #[test]
    fn a_path_leads_to_the_definition() {
        assert_eq!(lead("event", "crate::engine::cell::Cell::new"), "engine/cell.rs Cell");
        assert_eq!(lead("engine::cell", "super::word::Word"), "engine/word.rs Word");
        assert_eq!(lead("engine::word::inline", "super::super::cell::Own::A"), "engine/cell.rs Own");
        assert_eq!(lead("event", "house::engine::word::inline::Deep"), "engine/word.rs Deep");
        assert_eq!(lead("engine", "word::Word"), "engine/word.rs Word");
    }

    #[test]
    fn re_exports_and_imports_are_followed() {
        assert_eq!(lead("event", "crate::engine::Cell"), "engine/cell.rs Cell");
        assert_eq!(lead("event", "crate::engine::c::Own"), "engine/cell.rs Own");
        assert_eq!(lead("engine::cell", "Word::new"), "engine/word.rs Word");
        assert_eq!(lead("event", "crate::engine::Word"), "engine/word.rs Word");
        assert_eq!(lead("", "crate::Event"), "event.rs Event");
        assert_eq!(lead("event", "crate::engine::Event"), "event.rs Event");
        assert_eq!(lead("event", "crate::out"), "engine/cell.rs out");
    }

    #[test]
    fn modules_globs_and_what_macros_make_are_in_their_file() {
        assert_eq!(lead("event", "crate::engine::word"), "engine/word.rs word");
        assert_eq!(lead("event", "crate::engine::word::*"), "engine/word.rs *");
        assert_eq!(lead("event", "crate::engine::Made"), "engine/mod.rs Made");
        assert_eq!(lead("event", "crate::*"), "lib.rs *");
    }

    #[test]
    fn other_crates_are_outside() {
        assert_eq!(lead("event", "tokio::spawn"), "outside tokio::spawn");
        assert_eq!(lead("", "::event::Event"), "outside event::Event");
        assert_eq!(lead("engine::cell", "time::Instant::now"), "outside std::time::Instant::now");
        assert_eq!(lead("", "tracing::debug"), "outside tracing::debug");
        assert_eq!(lead("engine", "quote::ToTokens"), "outside quote::ToTokens");
    }

    #[test]
    fn what_is_passed_on_from_another_crate_is_known_from_there() {
        assert_eq!(lead("engine", "crate::event::Arc::new"), "event.rs Arc");
        assert_eq!(lead("event", "Arc::new"), "outside std::sync::Arc::new");
    }

    #[test]
    fn imports_that_turn_in_a_circle_end() {
        assert_eq!(lead("event", "crate::turn::Unknown"), "turn.rs Unknown");
        assert_eq!(lead("event", "S::Open"), "engine/mod.rs State");
    }
}
