//! An alias for `self` in generated closures and bindings: `self` can't be rebound.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::LitStr;

use crate::names;
use crate::spans::hygienic_ident;

/// Returns the alias with the span of the user's token, whose hygiene makes it visible where `self` is.
pub(crate) fn alias_of_self(token: &Ident) -> Ident {
    Ident::new(&hygienic_ident("self").to_string(), token.span())
}

/// Replaces each `self` that is a value with the alias, also in format strings. In `self::f`, `use f::{self}` and
/// `pub(self)`, `self` is a module. Blocks of a nested `impl` or `trait` have their own `self`.
pub(crate) fn rename_self(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut nested, mut in_use) = (false, false);
    let rename = |(at, token): (usize, &TokenTree)| match token {
        TokenTree::Ident(ident) => {
            nested |= ident == "impl" || ident == "trait";
            in_use |= ident == "use";
            if ident == "self" && !in_use && !is_path(&tokens[at + 1..]) {
                return alias_of_self(ident).into();
            }
            token.clone()
        }
        TokenTree::Group(group) => {
            let is_impl = nested && group.delimiter() == Delimiter::Brace;
            nested &= !is_impl;
            if is_impl || in_use || follows(&tokens[..at], "pub") {
                return token.clone();
            }
            with_stream(group, rename_self(rename_in_format(&tokens[..at], group.stream()))).into()
        }
        TokenTree::Punct(punct) => {
            in_use &= punct.as_char() != ';';
            token.clone()
        }
        TokenTree::Literal(_) => token.clone(),
    };
    tokens.iter().enumerate().map(rename).collect()
}

fn with_stream(group: &Group, stream: TokenStream) -> Group {
    let mut fresh = Group::new(group.delimiter(), stream);
    fresh.set_span(group.span());
    fresh
}

fn is_path(after: &[TokenTree]) -> bool {
    matches!(after, [TokenTree::Punct(a), TokenTree::Punct(b), ..] if a.as_char() == ':' && b.as_char() == ':')
}

fn follows(before: &[TokenTree], word: &str) -> bool {
    matches!(before.last(), Some(TokenTree::Ident(ident)) if ident == word)
}

/// Replaces `self` in the format string, if these tokens are the arguments of a macro call.
fn rename_in_format(before: &[TokenTree], tokens: TokenStream) -> TokenStream {
    let [.., TokenTree::Ident(name), TokenTree::Punct(bang)] = before else {
        return tokens;
    };
    let format = names::format_literal(name, &tokens).filter(|_| bang.as_char() == '!');
    let Some(format) = format else {
        return tokens;
    };
    let alias = hygienic_ident("self").to_string();
    let renamed = names::renamed_in_format(&format.value(), "self", &alias);
    if renamed == format.value() {
        return tokens;
    }
    let renamed = LitStr::new(&renamed, format.span()).to_token_stream();
    let is_format = |token: &TokenTree| matches!(token, TokenTree::Literal(literal) if literal.to_string() == format.token().to_string());
    let mut renamed = Some(renamed);
    let replace = |token: TokenTree| match &token {
        found if is_format(found) => renamed.take().unwrap_or_else(|| token.to_token_stream()),
        _ => token.to_token_stream(),
    };
    tokens.into_iter().map(replace).collect()
}
