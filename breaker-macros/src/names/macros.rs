//! Decides which tokens of a macro call are values. Only the rules of std's macros are known.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, LitStr, Macro, Pat, Token};

/// Macros whose string literals are not format strings.
const NO_FORMAT: [&str; 14] = [
    "cfg",
    "concat",
    "dbg",
    "env",
    "include",
    "include_bytes",
    "include_str",
    "json",
    "matches",
    "module_path",
    "option_env",
    "quote",
    "stringify",
    "vec",
];

/// Macros whose tokens are not code, or are code for another place.
const NO_VALUES: [&str; 8] =
    ["cfg", "env", "include_bytes", "include_str", "macro_rules", "module_path", "option_env", "stringify"];

/// The content of a macro call.
pub(super) enum Content {
    /// Expressions; those in the form `name = value` are named arguments.
    Expressions(Vec<Expr>),
    /// `matches!(value, pattern if guard)`
    Match { value: Box<Expr>, pattern: Box<Pat>, guard: Option<Box<Expr>> },
    /// Tokens that parse as none of these.
    Tokens(TokenStream),
    /// Tokens without values.
    Nothing,
}

pub(super) fn content(call: &Macro) -> Content {
    let name = call.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    if NO_VALUES.contains(&name.as_str()) {
        return Content::Nothing;
    }
    let tokens = call.tokens.clone();
    if name.ends_with("matches")
        && let Ok(found) = of_match.parse2(tokens.clone())
    {
        return found;
    }
    match Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens) {
        Ok(found) => Content::Expressions(found.into_iter().collect()),
        Err(_) => Content::Tokens(call.tokens.clone()),
    }
}

fn of_match(input: ParseStream<'_>) -> syn::Result<Content> {
    let value = input.parse()?;
    input.parse::<Token![,]>()?;
    let pattern = Box::new(Pat::parse_multi_with_leading_vert(input)?);
    let guard = if input.parse::<Option<Token![if]>>()?.is_some() { Some(input.parse()?) } else { None };
    // A message may follow, as in `assert_matches!`.
    input.parse::<Option<Token![,]>>()?;
    input.parse::<TokenStream>()?;
    Ok(Content::Match { value, pattern, guard })
}

/// Returns the format string of a macro call, if it takes one: the first argument that is a string literal.
pub(crate) fn format_literal(name: &Ident, tokens: &TokenStream) -> Option<LitStr> {
    let name = name.to_string();
    if NO_FORMAT.contains(&name.as_str()) {
        return None;
    }
    // The first two arguments of these macros are compared, not printed.
    let compared = if name.starts_with("assert_") || name.starts_with("debug_assert_") { 2 } else { 0 };
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    tokens.split(is_comma).skip(compared).find_map(|argument| match argument {
        [TokenTree::Literal(literal)] => match Lit::new(literal.clone()) {
            Lit::Str(text) => Some(text),
            _ => None,
        },
        _ => None,
    })
}

/// Returns the words in tokens of unknown meaning that may be values: not fields, methods, paths, keys, labels or macros.
pub(super) fn words(tokens: TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(words(group.stream())),
            TokenTree::Ident(ident) if can_be_value(&tokens, at) => found.push(ident.clone()),
            _ => {}
        }
    }
    found
}

fn can_be_value(tokens: &[TokenTree], at: usize) -> bool {
    let punct = |at: usize| match tokens.get(at) {
        Some(TokenTree::Punct(punct)) => punct.as_char(),
        _ => ' ',
    };
    let before = if at == 0 { ' ' } else { punct(at - 1) };
    let second_before = if at < 2 { ' ' } else { punct(at - 2) };
    let is_member = before == '.' && second_before != '.';
    let is_path = before == ':' && second_before == ':';
    let (after, second) = (punct(at + 1), punct(at + 2));
    let is_assigned = after == '=' && second != '=' && second != '>';
    let is_macro = after == '!' && second != '=';
    !is_member && !is_path && !matches!(before, '\'' | '$' | '#') && after != ':' && !is_assigned && !is_macro
}
