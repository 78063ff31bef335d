//! Tokens -> the paths that a source file names, with `use` trees spread out and `super` resolved.

use super::Source;
use super::tokens::{Placed, Token, tokens};

/// One path as it is named somewhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    /// Starts with `crate` (also for `self`, `super`, `$crate` and the crate's own name), or with what stood there.
    pub(super) segments: Vec<String>,
    /// The name it is bound to: the last segment, or what `as` says.
    pub(super) alias: String,
    pub(super) line: usize,
    /// Named inside a module called `tests`.
    pub(super) in_tests: bool,
}

/// The core calls itself this way too (`extern crate self as breaker_core`).
const OWN_NAME: &str = "breaker_core";

pub(super) fn named(source: &Source) -> Vec<Named> {
    let tokens = tokens(&source.text);
    let mut walk =
        Walk { tokens: &tokens, at: 0, depth: 0, module: source.module.clone(), inner: Vec::new(), found: vec![] };
    while walk.at < tokens.len() {
        walk.step();
    }
    walk.found
}

struct Walk<'a> {
    tokens: &'a [Placed],
    at: usize,
    depth: usize,
    module: Vec<String>,
    /// Depths at which inline modules were opened.
    inner: Vec<usize>,
    found: Vec<Named>,
}

impl<'a> Walk<'a> {
    fn token(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead).map(|(token, _)| token)
    }

    fn ident(&self, ahead: usize) -> Option<&'a str> {
        match self.token(ahead) {
            Some(Token::Ident(name)) => Some(name),
            _ => None,
        }
    }

    fn is(&self, ahead: usize, c: char) -> bool {
        self.token(ahead) == Some(&Token::Other(c))
    }

    fn step(&mut self) {
        match (self.token(0), self.token(1)) {
            (Some(Token::Other('{')), _) => self.depth += 1,
            (Some(Token::Other('}')), _) => {
                self.depth = self.depth.saturating_sub(1);
                if self.inner.last() == Some(&self.depth) {
                    self.inner.pop();
                    self.module.pop();
                }
            }
            (Some(Token::Ident(word)), Some(Token::Ident(name))) if word == "mod" && self.is(2, '{') => {
                self.inner.push(self.depth);
                self.module.push(name.clone());
                self.at += 2;
                return;
            }
            (Some(Token::Ident(word)), Some(_)) if word == "use" => {
                self.at += 1;
                self.tree(&[]);
                return;
            }
            (Some(Token::Ident(_)), Some(Token::Sep)) => {
                self.tree(&[]);
                return;
            }
            _ => {}
        }
        self.at += 1;
    }

    /// Reads a path or a `use` tree from here on and notes every leaf.
    fn tree(&mut self, prefix: &[String]) {
        let line = self.tokens.get(self.at).map_or(0, |(_, line)| *line);
        let mut segments = prefix.to_vec();
        if self.token(0) == Some(&Token::Sep) {
            self.at += 1;
        }
        loop {
            if let Some(name) = self.ident(0) {
                segments.push(name.to_owned());
            } else if self.is(0, '*') {
                segments.push("*".to_owned());
            } else if self.is(0, '{') {
                self.at += 1;
                self.group(&segments);
                return;
            } else {
                break;
            }
            self.at += 1;
            if self.token(0) != Some(&Token::Sep) {
                break;
            }
            self.at += 1;
        }
        let mut alias = segments.last().cloned().unwrap_or_default();
        if self.ident(0) == Some("as") {
            self.ident(1).unwrap_or("_").clone_into(&mut alias);
            self.at += 2;
        }
        self.note(segments, alias, line);
    }

    fn group(&mut self, prefix: &[String]) {
        while self.at < self.tokens.len() && !self.is(0, '}') {
            let before = self.at;
            if self.is(0, ',') {
                self.at += 1;
            } else {
                self.tree(prefix);
            }
            // Not Rust that we know: step on rather than turn in a circle.
            self.at = self.at.max(before + 1);
        }
        self.at += 1;
    }

    fn note(&mut self, mut segments: Vec<String>, alias: String, line: usize) {
        let Some(first) = segments.first().cloned() else {
            return;
        };
        // `use a::{self}` names `a`.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let alias = if alias == "self" { segments.last().cloned().unwrap_or_default() } else { alias };
        let supers = segments.iter().take_while(|segment| *segment == "super" || *segment == "self");
        let (lead, ups) = supers.fold((0, 0), |(lead, ups), word| (lead + 1, ups + usize::from(word == "super")));
        if first == OWN_NAME {
            "crate".clone_into(&mut segments[0]);
        } else if lead > 0 {
            let base = self.module.len().saturating_sub(ups);
            let rest = segments.split_off(lead);
            segments =
                std::iter::once("crate".to_owned()).chain(self.module[..base].iter().cloned()).chain(rest).collect();
        }
        let in_tests = self.module.iter().any(|module| module == "tests");
        self.found.push(Named { segments, alias, line, in_tests });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(file: &str, text: &str) -> Vec<String> {
        let source = Source::new(file, Path::new(file), text.to_owned());
        named(&source).into_iter().map(|named| named.segments.join("::")).collect()
    }

    #[test]
    fn use_trees_are_spread_out() {
        let text = "use crate::{engine::{self, word::Word as W}, clock::*};\nuse tokio as t;";
        let paths = read("call.rs", text);
        assert_eq!(paths, ["crate::engine", "crate::engine::word::Word", "crate::clock::*", "tokio"]);
    }

    #[test]
    fn paths_in_expressions_and_types_count() {
        let text = "fn f(x: &crate::event::Event) -> T { match y { $crate::permit::P { .. } => ::tokio::spawn(z) } }";
        assert_eq!(read("call.rs", text), ["crate::event::Event", "crate::permit::P", "tokio::spawn"]);
    }

    #[test]
    fn super_is_resolved_in_files_and_inline_modules() {
        let text = "use super::cell::Cell; mod inner { use super::x; use super::super::y; } use self::z;";
        let paths = read("engine/word.rs", text);
        assert_eq!(
            paths,
            ["crate::engine::cell::Cell", "crate::engine::word::x", "crate::engine::y", "crate::engine::word::z"]
        );
    }

    #[test]
    fn tests_in_a_file_of_their_own_stand_below_what_they_test() {
        assert_eq!(read("engine/word_tests.rs", "use super::super::cell::Cell;"), ["crate::engine::cell::Cell"]);
    }

    #[test]
    fn the_crates_own_name_is_the_crate() {
        assert_eq!(read("site.rs", "breaker_core::registry::f()"), ["crate::registry::f"]);
    }

    #[test]
    fn visibilities_name_nothing() {
        assert!(read("site.rs", "pub(crate) fn f() {} pub(super) struct S;").is_empty());
    }
}
