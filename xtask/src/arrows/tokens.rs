//! Finds paths in code that syn leaves as tokens: the arguments of macros, the bodies of `macro_rules!`, and
//! attributes.

use proc_macro2::{Delimiter, Ident, Literal, Spacing, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{Lit, Token, UseTree};

use super::written::{Written, line, text};

/// Returns every path of at least two segments.
pub(super) fn paths(tokens: TokenStream) -> Vec<Written> {
    let mut found = Vec::new();
    Walk { tokens: tokens.into_iter().collect(), at: 0 }.collect(&mut found);
    found
}

/// Like [`paths`], and also returns strings that are paths: `#[serde(with = "super::text")]`.
pub(super) fn paths_in_attribute(tokens: TokenStream) -> Vec<Written> {
    let mut found = Vec::new();
    strings(tokens.clone(), &mut found);
    found.extend(paths(tokens));
    found
}

fn strings(tokens: TokenStream, found: &mut Vec<Written>) {
    for token in tokens {
        match token {
            TokenTree::Literal(literal) => found.extend(path_in(literal)),
            TokenTree::Group(group) => strings(group.stream(), found),
            _ => {}
        }
    }
}

/// Returns a string's path if it starts with `crate`, `super` or `self`. Other strings may be prose.
fn path_in(literal: Literal) -> Option<Written> {
    let line = literal.span().start().line;
    let Lit::Str(string) = Lit::new(literal) else { return None };
    let path = Written::in_code(&string.parse().ok()?);
    let is_ours = matches!(path.segments[0].as_str(), "crate" | "super" | "self") && path.segments.len() > 1;
    is_ours.then_some(Written { line, ..path })
}

struct Walk {
    tokens: Vec<TokenTree>,
    at: usize,
}

impl Walk {
    fn collect(mut self, found: &mut Vec<Written>) {
        while self.at < self.tokens.len() {
            match &self.tokens[self.at] {
                TokenTree::Ident(ident) if self.is_separator(self.at + 1) => {
                    let first = ident.clone();
                    let is_absolute = self.at >= 2 && self.is_separator(self.at - 2) && !self.is_in_type(self.at - 2);
                    self.path(&first, is_absolute, found);
                    continue;
                }
                TokenTree::Group(group) => {
                    let is_attribute =
                        group.delimiter() == Delimiter::Bracket && self.is_punct(self.at.wrapping_sub(1), '#');
                    let inner = group.stream();
                    found.extend(if is_attribute { paths_in_attribute(inner) } else { paths(inner) });
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Reads the rest of the path after its first segment.
    fn path(&mut self, first: &Ident, is_absolute: bool, found: &mut Vec<Written>) {
        let mut segments = vec![text(first)];
        self.at += 1;
        while self.is_separator(self.at) {
            match self.tokens.get(self.at + 2) {
                Some(TokenTree::Ident(ident)) => segments.push(text(ident)),
                Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => segments.push("*".to_owned()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let trees =
                        syn::parse::Parser::parse2(Punctuated::<UseTree, Token![,]>::parse_terminated, group.stream());
                    for tree in trees.iter().flatten() {
                        let leaves = Written::leaves(&segments, is_absolute, tree);
                        found.extend(leaves.into_iter().map(|leaf| Written { alias: None, ..leaf }));
                    }
                    self.at += 3;
                    return;
                }
                // `::<` of generics: their contents are read next.
                _ => {
                    self.at += 2;
                    break;
                }
            }
            self.at += 3;
        }
        if segments.len() > 1 {
            found.push(Written { segments, is_absolute, alias: None, line: line(first) });
        }
    }

    fn is_punct(&self, at: usize, c: char) -> bool {
        matches!(self.tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == c)
    }

    /// Whether `::` is there, joined: not the first colon of `x: ::a`.
    fn is_separator(&self, at: usize) -> bool {
        let is_joint =
            matches!(self.tokens.get(at), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
        is_joint && self.is_punct(at, ':') && self.is_punct(at + 1, ':')
    }

    /// Whether the `::` there follows a type, as in `<T as Trait>::NAME`.
    fn is_in_type(&self, separator: usize) -> bool {
        self.is_punct(separator.wrapping_sub(1), '>')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let found = paths(text.parse().expect("tokens"));
        found
            .iter()
            .map(|path| format!("{}{}", if path.is_absolute { "::" } else { "" }, path.segments.join("::")))
            .collect()
    }

    #[test]
    fn expressions_types_and_calls_have_paths() {
        let text =
            "x = crate::a::B::<self::c::D>::new(super::e()), $crate::f!(::g::h), <T as crate::i::J>::k, m: ::l::n";
        let paths = read(text);
        assert_eq!(paths, ["crate::a::B", "self::c::D", "super::e", "crate::f", "::g::h", "crate::i::J", "::l::n"]);
    }

    #[test]
    fn use_trees_are_spread_out() {
        assert_eq!(read("use crate::{a::B, c::*}; use super::*;"), ["crate::a::B", "crate::c::*", "super::*"]);
    }

    #[test]
    fn strings_are_paths_in_attributes_alone() {
        let text = r#"#[serde(with = "super::text", rename = "a::b")] x: T = "crate::c""#;
        assert_eq!(read(text), ["super::text"]);
        let found = paths_in_attribute("note = \"crate::a is old\", with = \"crate::b\"".parse().expect("tokens"));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].segments.join("::"), found[0].line), ("crate::b".to_owned(), 1));
    }

    #[test]
    fn comments_and_literals_hold_no_paths() {
        assert!(read("// a::b\n/* c::d */ \"e::f\" 'g' b\"h::i\" 'a: loop {}").is_empty());
    }
}
