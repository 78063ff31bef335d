//! The arguments of the attribute: `key = value` pairs, each key at most once, all faults at once.

use breaker_keys::{Key, Notation};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Token};

use crate::faults::Faults;
use crate::value::{self, Value};

/// One `key = value` whose value has the right type and range.
pub(crate) struct Arg {
    pub(crate) name: &'static str,
    /// The row of the key.
    pub(crate) row: &'static Key,
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
        let Some(key) = find(&ident, faults) else { return };
        if self.is_written(key.name) {
            faults.on(&ident, format_args!("`{}` is given twice: keep one of them", key.name));
            return;
        }
        self.written.push(key.name);
        match value::read(key, &expr) {
            Ok(value) => self.valid.push(Arg { name: key.name, row: key, key: ident, expr, value }),
            Err(error) => faults.push(error),
        }
    }
}

/// The key of this name; if there is none, its fault has been reported.
fn find(ident: &Ident, faults: &mut Faults) -> Option<&'static Key> {
    known(&ident.unraw().to_string(), ident, faults)
}

fn known(written: &str, on: impl ToTokens, faults: &mut Faults) -> Option<&'static Key> {
    breaker_keys::find(written)
        .map_err(|unknown| {
            let fault = unknown.fault(written, str::to_owned);
            faults.on(on, fault.to_string(Notation::Attribute, written));
        })
        .ok()
}

/// What stands where a key is due.
fn no_key(input: ParseStream<'_>, faults: &mut Faults) {
    let ahead = input.fork();
    let token: Option<TokenTree> = ahead.parse().ok();
    let message = match &token {
        Some(TokenTree::Literal(literal)) if literal.to_string().starts_with('"') => {
            let text = literal.to_string();
            if ahead.peek(Token![=]) && !ahead.peek(Token![==]) {
                format!("keys have no quotes: write `{} {}`", text.trim_matches('"'), to_comma(&ahead))
            } else {
                format!("name the key: write `service = {literal}`")
            }
        }
        Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => "unexpected comma: remove it".to_owned(),
        _ => "expected `key = value`, as in `service = \"s3\"`".to_owned(),
    };
    faults.on(token, message);
}

/// The tokens up to the next comma.
fn to_comma(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend(input.parse::<TokenTree>());
    }
    tokens
}

/// A key with `-` where ours have `_`; its fault is reported.
fn dashed(key: &Ident, input: ParseStream<'_>, faults: &mut Faults) -> bool {
    if !(input.peek(Token![-]) && input.peek2(Ident::peek_any)) {
        return false;
    }
    let mut written = key.to_string();
    let mut tokens = key.to_token_stream();
    while input.peek(Token![-]) && input.peek2(Ident::peek_any) {
        let part = input.parse::<Token![-]>().and_then(|dash| Ok((dash, Ident::parse_any(input)?)));
        let Ok((dash, ident)) = part else { break };
        written = format!("{written}-{ident}");
        tokens.extend(quote!(#dash #ident));
    }
    known(&written, tokens, faults);
    true
}

/// `key = value`; if there is none, its fault has been reported.
fn pair(input: ParseStream<'_>, faults: &mut Faults) -> Option<(Ident, Expr)> {
    let Ok(key) = Ident::parse_any(input) else {
        no_key(input, faults);
        return None;
    };
    if dashed(&key, input, faults) {
        return None;
    }
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        find(&key, faults)?;
        let fault = if input.is_empty() || input.peek(Token![,]) {
            format!("`{key}` has no value: write `{key} = …`")
        } else {
            format!("expected `=` after `{key}`: write `{key} = …`")
        };
        faults.on(&key, fault);
        return None;
    }
    let _: Option<Token![=]> = input.parse().ok();
    if input.is_empty() || input.peek(Token![,]) {
        find(&key, faults)?;
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
