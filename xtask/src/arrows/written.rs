//! A path as written in a source, not yet resolved.

use proc_macro2::Ident;
use syn::UseTree;
use syn::ext::IdentExt as _;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    /// Includes `super`, `self` and `crate`. The last segment is `*` for a glob.
    pub(super) segments: Vec<String>,
    /// Whether it starts with `::`.
    pub(super) is_absolute: bool,
    /// The name that a `use` binds it to. A path in code binds none.
    pub(super) alias: Option<String>,
    pub(super) line: usize,
}

impl Written {
    pub(super) fn in_code(path: &syn::Path) -> Self {
        let idents = path.segments.iter().map(|segment| &segment.ident);
        Self {
            segments: idents.map(text).collect(),
            is_absolute: path.leading_colon.is_some(),
            alias: None,
            line: path.segments.first().map_or(0, |first| line(&first.ident)),
        }
    }

    /// Returns the leaves of a `use` tree that follows `prefix`.
    pub(super) fn leaves(prefix: &[String], is_absolute: bool, tree: &UseTree) -> Vec<Self> {
        let leaf = |segment: String, alias: Option<String>, line| {
            let mut segments = [prefix, &[segment]].concat();
            // `use a::{self}` names `a`.
            if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
                segments.pop();
            }
            let alias = alias.or_else(|| segments.last().cloned());
            vec![Self { segments, is_absolute, alias, line }]
        };
        match tree {
            UseTree::Path(path) => Self::leaves(&[prefix, &[text(&path.ident)]].concat(), is_absolute, &path.tree),
            UseTree::Name(name) => leaf(text(&name.ident), None, line(&name.ident)),
            UseTree::Rename(rename) => leaf(text(&rename.ident), Some(text(&rename.rename)), line(&rename.ident)),
            UseTree::Glob(glob) => leaf("*".to_owned(), None, glob.star_token.span.start().line),
            UseTree::Group(group) => {
                group.items.iter().flat_map(|tree| Self::leaves(prefix, is_absolute, tree)).collect()
            }
        }
    }

    pub(super) fn is_glob(&self) -> bool {
        self.segments.last().is_some_and(|last| last == "*")
    }
}

/// `r#type` is `type`.
pub(super) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

pub(super) fn line(ident: &Ident) -> usize {
    ident.span().start().line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_trees_are_spread_out() {
        let item: syn::ItemUse =
            syn::parse_str("use crate::{engine::{self, word::Word as W},\n clock::*, r#type::X};").expect("a use");
        let leaves = Written::leaves(&[], item.leading_colon.is_some(), &item.tree);
        let found: Vec<_> = leaves
            .iter()
            .map(|leaf| (leaf.segments.join("::"), leaf.alias.as_deref().unwrap_or_default(), leaf.line))
            .collect();
        let found: Vec<_> = found.iter().map(|(path, alias, line)| (path.as_str(), *alias, *line)).collect();
        assert_eq!(
            found,
            [
                ("crate::engine", "engine", 1),
                ("crate::engine::word::Word", "W", 1),
                ("crate::clock::*", "*", 2),
                ("crate::type::X", "X", 2),
            ]
        );
    }
}
