//! Parses one `key = value` pair, which may be incomplete.

use breaker_keys::{Key, Notation};
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::{Error, Expr, Ident, Token};

use crate::faults::Faults;
use crate::unfinished;

/// The tokens between two commas.
#[derive(Default)]
pub(super) struct Written {
    /// The keys that are named there or were probably meant, with or without a value.
    pub(super) meant: Vec<&'static Key>,
    pub(super) pair: Option<Pair>,
    /// For editors: the identifier in the position of a key, and the code of its value, which may be unfinished.
    pub(super) ident: Option<Ident>,
    pub(super) code: Option<Expr>,
}

pub(super) struct Pair {
    pub(super) ident: Ident,
    pub(super) key: &'static Key,
    pub(super) expr: Expr,
}

/// Reads up to the next comma and reports the errors there.
pub(super) fn read(input: ParseStream<'_>, faults: &mut Faults) -> Written {
    let mut written = Written::default();
    written.pair = pair(input, &mut written, faults);
    skip_to_comma(input, &mut written.meant);
    written
}

/// Parses `key = value`; reports the error and returns `None` if there is no valid pair.
fn pair(input: ParseStream<'_>, written: &mut Written, faults: &mut Faults) -> Option<Pair> {
    let Ok(ident) = Ident::parse_any(input) else {
        no_key(input, faults);
        return None;
    };
    if let Some((dashed, tokens)) = dashed(&ident, input) {
        find(&dashed, tokens, &mut written.meant, faults);
        return None;
    }
    let key = find(&ident.unraw().to_string(), &ident, &mut written.meant, faults);
    written.ident = Some(ident.clone());
    match (key, value(&ident, input, &mut written.code)) {
        (Some(key), Ok(expr)) => Some(Pair { ident, key, expr }),
        (Some(_), Err(error)) => {
            faults.push(error);
            None
        }
        // The unknown key is the error, and it has been reported: the value's would be a second one.
        (None, _) => None,
    }
}

/// Parses `= value`.
fn value(ident: &Ident, input: ParseStream<'_>, code: &mut Option<Expr>) -> syn::Result<Expr> {
    let has_equals = input.peek(Token![=]) && !input.peek(Token![==]);
    if has_equals {
        input.parse::<Token![=]>()?;
    }
    let is_empty = input.is_empty() || input.peek(Token![,]);
    if !has_equals || is_empty {
        let fault = if is_empty { format!("`{ident}` has no value") } else { format!("expected `=` after `{ident}`") };
        return Err(Error::new_spanned(ident, format_args!("{fault}: write `{ident} = …`")));
    }
    let ahead = input.fork();
    let expr: Expr = ahead.parse().map_err(|error| {
        let value = to_comma(&input.fork());
        *code = unfinished::completed(value.clone());
        unfinished::error(ident, &value, error)
    })?;
    if unfinished::is_asked(&expr.to_token_stream()) {
        let error = Error::new_spanned(&expr, "an editor asks for completions here");
        *code = Some(expr);
        return Err(error);
    }
    if !ahead.is_empty() && !ahead.peek(Token![,]) {
        return Err(Error::new_spanned(ahead.parse::<TokenTree>()?, "expected a comma before this"));
    }
    input.advance_to(&ahead);
    Ok(expr)
}

/// Finds the key with this name; reports an unknown one and returns `None`.
fn find(written: &str, on: impl ToTokens, meant: &mut Vec<&'static Key>, faults: &mut Faults) -> Option<&'static Key> {
    match breaker_keys::find(written) {
        Ok(key) => {
            meant.push(key);
            Some(key)
        }
        Err(unknown) => {
            meant.extend(unknown.candidates().filter_map(|name| breaker_keys::find(name).ok()));
            let fault = unknown.fault(written, str::to_owned);
            faults.on(on, fault.to_string(Notation::Attribute, written));
            None
        }
    }
}

/// Reports a token that can't be a key.
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

/// Parses a key written with `-` in place of `_`.
fn dashed(key: &Ident, input: ParseStream<'_>) -> Option<(String, TokenStream)> {
    let is_dashed = || input.peek(Token![-]) && input.peek2(Ident::peek_any);
    if !is_dashed() {
        return None;
    }
    let mut written = key.to_string();
    let mut tokens = key.to_token_stream();
    while is_dashed() {
        let part = input.parse::<Token![-]>().and_then(|dash| Ok((dash, Ident::parse_any(input)?)));
        let Ok((dash, ident)) = part else { break };
        written = format!("{written}-{ident}");
        tokens.extend(quote!(#dash #ident));
    }
    Some((written, tokens))
}

/// Returns the tokens up to the next comma.
fn to_comma(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend(input.parse::<TokenTree>());
    }
    tokens
}

/// Skips to the next comma. After a missing comma, the skipped tokens may hold keys that another key needs: they count as
/// written.
fn skip_to_comma(input: ParseStream<'_>, meant: &mut Vec<&'static Key>) {
    let mut tokens = to_comma(input).into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_assigned = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=');
        if let (TokenTree::Ident(ident), true) = (token, is_assigned) {
            meant.extend(breaker_keys::find(&ident.unraw().to_string()).ok());
        }
    }
}
