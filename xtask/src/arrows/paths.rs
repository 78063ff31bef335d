//! Finds every path in a source file, with its position.

use proc_macro2::TokenStream;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, TraitItem, Visibility};

use super::cfg::is_test_only;
use super::tokens;
use super::written::{Written, text};

pub(super) struct Named {
    pub(super) written: Written,
    /// The module that contains it: that of the file, or an inline one.
    pub(super) module: Vec<String>,
    pub(super) in_tests: bool,
    /// `pub use`, with any visibility.
    pub(super) is_reexport: bool,
}

/// Macros whose tokens become code of the users of our macros.
const QUOTING: [&str; 4] = ["quote", "quote_spanned", "parse_quote", "parse_quote_spanned"];

pub(super) fn named(module: &[String], in_tests: bool, file: &syn::File) -> Vec<Named> {
    let mut walk =
        Walk { module: module.to_vec(), tests: usize::from(in_tests), in_attribute: false, found: Vec::new() };
    walk.visit_file(file);
    walk.found
}

struct Walk {
    module: Vec<String>,
    /// Number of enclosing items that exist only in tests.
    tests: usize,
    in_attribute: bool,
    found: Vec<Named>,
}

impl Walk {
    fn note(&mut self, written: Written, is_reexport: bool) {
        let in_tests = self.tests > 0;
        self.found.push(Named { written, module: self.module.clone(), in_tests, is_reexport });
    }

    fn within(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let tests = usize::from(is_test_only(attributes));
        self.tests += tests;
        visit(self);
        self.tests -= tests;
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item(&mut self, item: &'ast Item) {
        self.within(attributes(item), |walk| visit::visit_item(walk, item));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        self.within(attributes, |walk| visit::visit_impl_item(walk, item));
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes: &[Attribute] = match item {
            TraitItem::Const(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        self.within(attributes, |walk| visit::visit_trait_item(walk, item));
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        self.within(&field.attrs, |walk| visit::visit_field(walk, field));
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.within(&variant.attrs, |walk| visit::visit_variant(walk, variant));
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.within(&arm.attrs, |walk| visit::visit_arm(walk, arm));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        self.within(&local.attrs, |walk| visit::visit_local(walk, local));
    }

    fn visit_stmt_macro(&mut self, statement: &'ast syn::StmtMacro) {
        self.within(&statement.attrs, |walk| visit::visit_stmt_macro(walk, statement));
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.module.push(text(&module.ident));
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        for leaf in Written::leaves(&[], item.leading_colon.is_some(), &item.tree) {
            self.note(leaf, is_reexport);
        }
    }

    /// `pub(in crate::engine)` is not an import.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.note(Written::in_code(path), false);
        }
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let before = std::mem::replace(&mut self.in_attribute, true);
        visit::visit_attribute(self, attribute);
        self.in_attribute = before;
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.segments.last().is_some_and(|last| QUOTING.contains(&text(&last.ident).as_str())) {
            self.visit_path(&call.path);
        } else {
            visit::visit_macro(self, call);
        }
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        let read = if self.in_attribute { tokens::paths_in_attribute } else { tokens::paths };
        for written in read(tokens.clone()) {
            self.note(written, false);
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Vec<Named> {
        named(&["engine".to_owned()], false, &syn::parse_file(source).expect("Rust"))
    }

    fn written(source: &str) -> Vec<String> {
        read(source).iter().map(|named| named.written.segments.join("::")).collect()
    }

    #[test]
    fn every_place_for_a_path_is_looked_at() {
        let source = "
            use a::A;
            struct S<T: crate::b::B> { #[with(crate::c::C)] x: crate::d::D<crate::e::E> }
            impl crate::f::F for S<super::g::G> { const X: u8 = self::h::H; }
            fn f() -> crate::i::I { match y { crate::j::J::K => crate::l::L { z: 1 }, _ => crate::m!(crate::n::N) } }
            macro_rules! o { () => { $crate::p::P } }
            #[serde(with = \"super::q\")]
            static R: crate::r::R = 1;";
        assert_eq!(
            written(source),
            [
                "a::A",
                "crate::b::B",
                "crate::c::C",
                "crate::d::D",
                "crate::e::E",
                "crate::f::F",
                "super::g::G",
                "self::h::H",
                "crate::i::I",
                "crate::j::J::K",
                "crate::l::L",
                "crate::m",
                "crate::n::N",
                "crate::p::P",
                "super::q",
                "crate::r::R"
            ]
        );
    }

    #[test]
    fn visibilities_and_docs_name_nothing() {
        assert!(
            written("/// See [`crate::a::B`].\n#[doc = \"crate::c\"] pub(in crate::d) fn f() {} pub(super) struct S;")
                .is_empty()
        );
    }

    #[test]
    fn what_is_quoted_is_another_crates_code() {
        assert_eq!(written("fn f() { quote!(crate::a::B); quote::quote! { crate::c::D } }"), ["quote::quote"]);
    }

    #[test]
    fn only_tests_are_in_tests() {
        let source = "
            fn a() { crate::a::A; #[cfg(test)] let x = crate::t::T; }
            #[cfg(all(test, loom))] mod b { use crate::t::T; mod c { use crate::t::T; } }
            impl S { #[cfg(test)] fn d() { crate::t::T } fn e() { crate::a::A } }
            #[test] fn f() { crate::t::T }
            #[cfg(loom)] use crate::a::A;";
        for named in read(source) {
            assert_eq!(
                named.in_tests,
                named.written.segments.last().is_some_and(|last| last == "T"),
                "{:?}",
                named.written
            );
        }
    }

    #[test]
    fn inline_modules_are_modules() {
        let found = read("mod inner { use super::x; } pub(crate) use y::Z;");
        let found: Vec<_> = found.iter().map(|named| (named.module.join("::"), named.is_reexport)).collect();
        assert_eq!(found, [("engine::inner".to_owned(), false), ("engine".to_owned(), true)]);
    }
}
