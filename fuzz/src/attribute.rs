//! The attribute on arbitrary tokens: it never panics. Its output is the user's item with errors before or after it, or
//! the user's function with one static of the macro in it.
//!
//! An input is text: the arguments in parentheses, then the item. `$(…)` stands for an invisible group, as a
//! `macro_rules!` passes it on.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};

use crate::entry::circuit_breaker;
use crate::function::Function;
use crate::return_type;

/// Deeper nesting overflows the stack of the parser, which is not part of this project.
const MAX_DEPTH: usize = 40;
const MAX_LENGTH: usize = 4096;

/// Returns whether the input could be read.
///
/// # Panics
/// If the attribute panics, or its output is not as expected.
pub fn check(data: &[u8]) -> bool {
    let Some((arguments, item)) = read(data) else { return false };
    let output = circuit_breaker(arguments, item.clone());
    let shown = flat(output.clone());
    let (kept, errors) = without_errors(&shown);
    match (syn::parse2::<Function>(item.clone()), errors) {
        (Ok(function), 0) => expanded(&function, output.clone()),
        (Ok(function), _) => rejected(&function, kept),
        (Err(_), 0) => unread(&item, &shown),
        (Err(_), _) => assert_eq!(kept, flat(item.clone()), "the item is still there"),
    }
    // The compiler passes only valid items. To the attribute, the body is opaque, but the output must still parse.
    if syn::parse2::<syn::Item>(item.clone()).is_ok()
        && !gives_an_object(&item)
        && let Err(error) = syn::parse2::<syn::File>(output.clone())
    {
        panic!("the output must parse as items: {error}\n{output}");
    }
    true
}

fn read(data: &[u8]) -> Option<(TokenStream, TokenStream)> {
    let text = std::str::from_utf8(data).ok().filter(|text| text.len() <= MAX_LENGTH)?;
    // Names reserved by the macro: user code that contains them may not compile.
    if text.to_lowercase().contains("__breaker") || !is_shallow(text) {
        return None;
    }
    let mut tokens = invisible(text.parse().ok()?).into_iter();
    match tokens.next()? {
        TokenTree::Group(arguments) => Some((arguments.stream(), tokens.collect())),
        _ => None,
    }
}

/// Also counts what nests without being closed: `&&&x`, `-----x`, `A<A<A<…`.
fn is_shallow(text: &str) -> bool {
    text.chars().filter(|c| "([{<&*!-|".contains(*c)).count() <= 8 * MAX_DEPTH
        && text
            .chars()
            .try_fold(0_usize, |depth, c| match c {
                '(' | '[' | '{' | '<' => (depth < MAX_DEPTH).then_some(depth + 1),
                ')' | ']' | '}' | '>' => Some(depth.saturating_sub(1)),
                _ => Some(depth),
            })
            .is_some()
}

/// Turns `$(…)` into a group without delimiters.
fn invisible(tokens: TokenStream) -> TokenStream {
    let mut output: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = token else {
            output.push(token);
            continue;
        };
        let hidden = group.delimiter() == Delimiter::Parenthesis
            && matches!(output.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '$');
        let delimiter = if hidden { Delimiter::None } else { group.delimiter() };
        if hidden {
            output.pop();
        }
        output.push(Group::new(delimiter, invisible(group.stream())).into());
    }
    output.into_iter().collect()
}

/// Returns the text of each token. Invisible groups are left out, and the macro's name for `self` becomes `self`.
fn flat(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = token else {
            let text = token.to_string();
            found.push(if text == "__breaker_self" { "self".to_owned() } else { text });
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        found.extend((!open.is_empty()).then(|| open.to_owned()));
        found.extend(flat(group.stream()));
        found.extend((!close.is_empty()).then(|| close.to_owned()));
    }
    found
}

const ERROR: [&str; 8] = [":", ":", "core", ":", ":", "compile_error", "!", "{"];

/// Includes the text between the start and the end.
const LENGTH: usize = ERROR.len() + 2;

fn is_error(tokens: &[String]) -> bool {
    let is_one = tokens.len() == LENGTH && tokens.iter().zip(ERROR).all(|(found, expected)| found == expected);
    assert!(!is_one || tokens[8].len() > "\"\"".len() && tokens[9] == "}", "an error says something: {tokens:?}");
    is_one
}

/// Returns the tokens without the errors at both ends, and the number of errors.
fn without_errors(mut output: &[String]) -> (&[String], usize) {
    let mut errors = 0;
    while let Some((_, rest)) = output.split_at_checked(LENGTH).filter(|(first, _)| is_error(first)) {
        (output, errors) = (rest, errors + 1);
    }
    while let Some(at) = output.len().checked_sub(LENGTH).filter(|at| is_error(&output[*at..])) {
        (output, errors) = (&output[..at], errors + 1);
    }
    (output, errors)
}

/// Whether the function returns a trait object, which the compiler rejects as a result. If a bound is missing, the
/// output contains `<A + as B>`, which rustc can parse and syn can't.
fn gives_an_object(item: &TokenStream) -> bool {
    let shape = syn::parse2::<Function>(item.clone()).ok().and_then(|function| function.shape());
    shape.is_some_and(|(_, ty)| matches!(return_type::ungroup(&ty), syn::Type::TraitObject(_)))
}

/// Checks a rejected function: it is still there, with hints for editors in front of its body. One without a body has
/// got one.
fn rejected(before: &Function, output: &[String]) {
    if !before.has_body {
        return;
    }
    let head = head(before);
    let mut found = output.iter().filter(|token| *token != "mut");
    assert!(head.iter().all(|token| found.next() == Some(token)), "the function is still there:\n{head:?}\n{output:?}");
    let body = flat(before.body.to_token_stream());
    assert!(output.ends_with(&body[1..]), "the body is still there:\n{body:?}\n{output:?}");
}

/// Returns the part that callers see. `mut` does not matter to them.
fn head(function: &Function) -> Vec<String> {
    let Function { attrs, vis, sig, .. } = function;
    let mut head = flat(quote::quote!(#(#attrs)* #vis #sig));
    head.retain(|token| token != "mut");
    head
}

/// Checks a function that the parser can't read: its body has got a lint that reports it where the compiler can parse
/// it.
fn unread(item: &TokenStream, output: &[String]) {
    let item = flat(item.clone());
    let changed = output.iter().zip(&item).position(|(found, expected)| found != expected);
    let at = changed.unwrap_or(item.len().min(output.len()));
    assert!(output[at..].iter().any(|token| token == "must_use"), "it is reported: {output:?}");
    assert!(
        output.ends_with(&[item[at..].to_vec(), vec!["}".to_owned()]].concat()),
        "the rest is still there: {output:?}"
    );
}

/// Checks that the function has another body, which contains the user's.
fn expanded(before: &Function, output: TokenStream) {
    let shown = output.to_string();
    let with_another = |input: ParseStream<'_>| Ok((input.parse::<Function>()?, input.parse::<TokenStream>()?));
    let (after, beside) = with_another.parse2(output).unwrap_or_else(|error| panic!("a function: {error}\n{shown}"));
    assert_eq!(head(before), head(&after), "what callers see stays");

    let body = flat(after.body.to_token_stream());
    let count = |wanted: [&str; 2]| body.windows(2).filter(|two| *two == wanted).count();
    let breakers = count(["static", "__BREAKER_SITE"]) + count(["let", "__breaker_own"]);
    assert_eq!(breakers, 1, "one static, or one breaker of the user: {shown}");
    // A body that only boxes a block gets new braces.
    let inner = before.boxed_block().map_or_else(|| before.body.clone(), |(_, block)| block);
    let own = flat(inner.to_token_stream());
    let found = [body, flat(beside)].concat();
    assert!(found.windows(own.len()).any(|part| part == own), "the body is in it: {shown}");
}
