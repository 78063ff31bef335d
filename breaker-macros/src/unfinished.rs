//! Unfinished code: completes it for editors, and words its errors.

use proc_macro2::{Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Token};

/// The identifiers that rust-analyzer inserts at the cursor when it asks for completions. Alone behind a dot, one of them
/// stands for code that ends there, and the expansions with and without it must be alike.
const AT_THE_CURSOR: [&str; 2] = ["raCompletionMarker", "intellijRulezz"];

/// Parses the expression with a name added behind each `.` and `::` that lacks one; `None` if it still doesn't parse.
pub(crate) fn completed(tokens: TokenStream) -> Option<Expr> {
    syn::parse2(with_names(tokens)).ok()
}

fn with_names(tokens: TokenStream) -> TokenStream {
    let mut completed = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let lacks_name = precedes_name(completed.last(), &token) && !tokens.peek().is_some_and(may_follow);
        let name = lacks_name.then(|| Ident::new("__breaker_unfinished", token.span()).into());
        completed.push(inside(token, with_names));
        completed.extend(name);
    }
    completed.into_iter().collect()
}

/// Whether a name must follow the token: the dot of a field or a method, or the end of `::`, but not the dot of a range.
fn precedes_name(before: Option<&TokenTree>, token: &TokenTree) -> bool {
    let is = |token: &TokenTree, found| matches!(token, TokenTree::Punct(punct) if punct.as_char() == found);
    (is(token, '.') && !before.is_some_and(|before| is(before, '.')))
        || (is(token, ':') && before.is_some_and(|before| is(before, ':')))
}

fn may_follow(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(_) | TokenTree::Literal(_) => true,
        TokenTree::Punct(punct) => matches!(punct.as_char(), '.' | '<'),
        TokenTree::Group(_) => false,
    }
}

fn inside(token: TokenTree, change: impl FnOnce(TokenStream) -> TokenStream) -> TokenTree {
    let TokenTree::Group(group) = token else { return token };
    let mut changed = Group::new(group.delimiter(), change(group.stream()));
    changed.set_span(group.span());
    changed.into()
}

/// Whether an editor asks for completions behind a `.` or a `::`.
pub(crate) fn is_asked(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Ident(ident) if AT_THE_CURSOR.iter().any(|name| ident == name) => match &tokens[..at] {
            [.., before, last] => precedes_name(Some(before), last),
            _ => false,
        },
        TokenTree::Group(group) => is_asked(&group.stream()),
        _ => false,
    })
}

/// Returns the parser's error for a value. The error for a value that ends too soon points to the whole attribute: it is
/// moved to the last token of the value.
pub(crate) fn error(key: &Ident, value: &TokenStream, error: Error) -> Error {
    let Some(last) = value.clone().into_iter().last().filter(|_| ends_too_soon(&error)) else { return error };
    let mut end = Punct::new(';', Spacing::Alone);
    end.set_span(last.span());
    let parser = |input: ParseStream<'_>| input.parse::<Expr>().and(input.parse::<Token![;]>());
    match parser.parse2(value.clone().into_iter().chain([end.into()]).collect()) {
        Err(error) if !ends_too_soon(&error) => {
            Error::new(error.span(), format_args!("the value of `{key}` is not finished: {error}"))
        }
        _ => error,
    }
}

fn ends_too_soon(error: &Error) -> bool {
    error.to_string().starts_with("unexpected end of input")
}
