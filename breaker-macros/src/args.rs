//! The arguments of the attribute: `key = value` pairs, each key at most once, all faults at once.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Token};

use crate::faults::Faults;
use crate::keys;
use crate::value::{self, Value};

/// One `key = value` whose value has the right type and range.
pub(crate) struct Arg {
    pub(crate) name: &'static str,
    /// The key as the user wrote it: where a fault of the pair is shown.
    pub(crate) key: Ident,
    /// The value as the user wrote it: where a fault of the value is shown.
    pub(crate) expr: Expr,
    pub(crate) value: Value,
}

/// What the user wrote between the parentheses.
#[derive(Default)]
pub(crate) struct Args {
    valid: Vec<Arg>,
    /// All keys that are written, those with an invalid value too.
    written: Vec<&'static str>,
}

impl Args {
    /// The argument, if its value is valid.
    pub(crate) fn get(&self, name: &str) -> Option<&Arg> {
        self.valid.iter().find(|arg| arg.name == name)
    }

    /// Whether the key is written, be its value valid or not.
    pub(crate) fn is_written(&self, name: &str) -> bool {
        self.written.contains(&name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arg> {
        self.valid.iter()
    }

    /// Reads all pairs and reports all faults.
    pub(crate) fn read(tokens: TokenStream, faults: &mut Faults) -> Self {
        let mut args = Self::default();
        let empty = tokens.is_empty();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                args.read_pair(input, faults);
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            faults.push(error);
        }
        if !args.is_written("service") && (empty || faults.is_empty()) {
            faults.at(
                Span::call_site(),
                "`service` is missing: name the breaker, as in `#[circuit_breaker(service = \"s3\")]`",
            );
        }
        args
    }

    fn read_pair(&mut self, input: ParseStream<'_>, faults: &mut Faults) {
        let Some((ident, expr)) = pair(input, faults) else {
            skip_to_comma(input);
            return;
        };
        let key = match keys::find(&ident.unraw().to_string()) {
            Ok(key) => key,
            Err(message) => return faults.on(&ident, message),
        };
        if self.is_written(key.name) {
            faults.on(&ident, format_args!("`{}` is given twice: keep one of them", key.name));
            return;
        }
        self.written.push(key.name);
        match value::read(key, &expr) {
            Ok(value) => self.valid.push(Arg { name: key.name, key: ident, expr, value }),
            Err(error) => faults.push(error),
        }
    }
}

/// `key = value`; if there is none, its fault has been reported.
fn pair(input: ParseStream<'_>, faults: &mut Faults) -> Option<(Ident, Expr)> {
    let Ok(key) = Ident::parse_any(input) else {
        let token: Option<TokenTree> = input.fork().parse().ok();
        let message = match &token {
            Some(TokenTree::Literal(literal)) if literal.to_string().starts_with('"') => {
                format!("name the key: write `service = {literal}`")
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => "there is a comma too many here".to_owned(),
            _ => "expected `key = value`, as in `service = \"s3\"`".to_owned(),
        };
        faults.on(token, message);
        return None;
    };
    if input.is_empty() || input.peek(Token![,]) {
        faults.on(&key, format_args!("`{key}` has no value: write `{key} = …`"));
        return None;
    }
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        faults.on(&key, format_args!("expected `=` after `{key}`: write `{key} = …`"));
        return None;
    }
    let _: Option<Token![=]> = input.parse().ok();
    if input.is_empty() || input.peek(Token![,]) {
        faults.on(&key, format_args!("`{key}` has no value: write `{key} = …`"));
        return None;
    }
    let ahead = input.fork();
    match ahead.parse::<Expr>() {
        Ok(expr) if ahead.is_empty() || ahead.peek(Token![,]) => {
            input.advance_to(&ahead);
            Some((key, expr))
        }
        Ok(_) => {
            let next: Option<TokenTree> = ahead.parse().ok();
            faults.on(next, "expected a comma before this");
            None
        }
        Err(error) => {
            faults.push(error);
            None
        }
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // A token can always be read while there is one.
        let _: syn::Result<TokenTree> = input.parse();
    }
}
