//! Reads the arguments of the attribute: `key = value` pairs, each key at most once. All errors are reported together.

mod pair;

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Token};

use crate::faults::Faults;
use crate::value::{self, Value};
use pair::Pair;

/// One `key = value` whose value has the right type and range.
pub(crate) struct Arg {
    pub(crate) name: &'static str,
    /// The key as the user wrote it: errors of the pair are shown there.
    pub(crate) key: Ident,
    /// The value as the user wrote it: errors of the value are shown there.
    pub(crate) expr: Expr,
    pub(crate) value: Value,
}

/// What the user wrote between the parentheses.
#[derive(Default)]
pub(crate) struct Args {
    valid: Vec<Arg>,
    /// All keys that have a value, valid or not.
    assigned: Vec<&'static str>,
    /// All keys that are written, or that an unknown key was probably meant to be. They are not reported as missing.
    meant: Vec<&'static str>,
    begun: Vec<Begun>,
}

/// An identifier in the position of a key, known or not.
pub(crate) struct Begun {
    pub(crate) key: Ident,
    /// The value, if it is not finished yet.
    pub(crate) code: Option<Expr>,
}

impl Args {
    /// Returns the argument, if its value is valid.
    pub(crate) fn get(&self, name: &str) -> Option<&Arg> {
        self.valid.iter().find(|arg| arg.name == name)
    }

    /// Whether the key is written, whether its value is valid or not. A misspelt key counts as written, because its error
    /// has already been reported.
    pub(crate) fn is_written(&self, name: &str) -> bool {
        self.meant.contains(&name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arg> {
        self.valid.iter()
    }

    /// Returns every key that is written or begun, for editors.
    pub(crate) fn begun(&self) -> impl Iterator<Item = &Begun> {
        self.begun.iter()
    }

    /// Reads all pairs and reports all errors.
    pub(crate) fn read(tokens: TokenStream, faults: &mut Faults) -> Self {
        let mut args = Self::default();
        let empty = tokens.is_empty();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                args.read_written(pair::read(input, faults), faults);
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            faults.push(error);
        }
        let has_breaker = args.is_written("service") || args.is_written("breaker");
        if !has_breaker && (empty || faults.is_empty()) {
            faults.at(
                Span::call_site(),
                "`service` is missing: name the breaker, as in `#[circuit_breaker(service = \"s3\")]`, or pass your own, as in `#[circuit_breaker(breaker = &self.breaker)]`",
            );
        }
        args
    }

    fn read_written(&mut self, written: pair::Written, faults: &mut Faults) {
        self.meant.extend(written.meant.iter().map(|key| key.name));
        self.begun.extend(written.ident.map(|key| Begun { key, code: written.code }));
        let Some(Pair { ident, key, expr }) = written.pair else { return };
        if self.assigned.contains(&key.name) {
            faults.on(&ident, format_args!("duplicate key `{}`: keep one of them", key.name));
            return;
        }
        self.assigned.push(key.name);
        match value::read(key, &expr) {
            Ok(value) => self.valid.push(Arg { name: key.name, key: ident, expr, value }),
            Err(error) => faults.push(error),
        }
    }
}
