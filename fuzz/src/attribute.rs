//! The attribute on any tokens: it never panics, and gives back errors with the user's item behind them, or the user's
//! function with one static of ours in it.
//!
//! An input is text: the arguments in parentheses, then the item. `$(…)` stands for what a `macro_rules!` has handed on
//! in an invisible group.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;

use crate::entry::circuit_breaker;
use crate::function::Function;
use crate::return_type;

/// Deeper nesting overflows the stack of the parser, which is not ours.
const MAX_DEPTH: usize = 40;
const MAX_LENGTH: usize = 4096;

/// Whether the input could be read.
///
/// # Panics
/// When the attribute does, or what it gives is not what it should be.
pub fn check(data: &[u8]) -> bool {
    let Some((arguments, item)) = read(data) else { return false };
    let output = circuit_breaker(arguments, item.clone());
    if is_rejected(&flat(output.clone())) {
        rejected(&item, &output);
    } else {
        expanded(&item, output.clone());
    }
    // The compiler hands over no item that isn't one; and the body is opaque to the attribute, but not to the compiler.
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
    // Names that are ours: nobody who uses them can complain.
    if text.to_lowercase().contains("__breaker") || !is_shallow(text) {
        return None;
    }
    let mut tokens = invisible(text.parse().ok()?).into_iter();
    match tokens.next()? {
        TokenTree::Group(arguments) => Some((arguments.stream(), tokens.collect())),
        _ => None,
    }
}

/// Counts also what nests without being closed: `&&&x`, `-----x`, `A<A<A<…`.
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

/// `$(…)` to a group without delimiters.
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

/// One text for each token. Invisible groups are not seen, and our name for `self` is `self`.
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

/// No function starts like this.
fn is_rejected(output: &[String]) -> bool {
    output.len() > ERROR.len() && output.iter().zip(ERROR).all(|(found, expected)| found == expected)
}

/// A trait object is no result, as the compiler says. syn can't read `<A + as B>`, where a bound is missing, as rustc can.
fn gives_an_object(item: &TokenStream) -> bool {
    let shape = syn::parse2::<Function>(item.clone()).ok().and_then(|function| function.shape());
    shape.is_some_and(|(_, ty)| matches!(return_type::ungroup(&ty), syn::Type::TraitObject(_)))
}

/// Errors, each with a text, and behind them what the user wrote.
fn rejected(item: &TokenStream, output: &TokenStream) {
    let kept = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function.unchanged(),
        Err(_) => item.clone(),
    };
    let (output, kept) = (flat(output.clone()), flat(kept));
    assert!(output.ends_with(&kept), "the item must still be there:\n{kept:?}\n{output:?}");
    let errors = &output[..output.len() - kept.len()];
    let (errors, rest) = errors.as_chunks::<10>();
    assert!(!errors.is_empty() && rest.is_empty(), "errors, then the item: {output:?}");
    for error in errors {
        assert!(is_rejected(error) && error[9] == "}", "an error: {error:?}");
        assert!(error[8].len() > "\"\"".len(), "an error says something: {error:?}");
    }
}

/// The same function around another body, which has the user's in it.
fn expanded(item: &TokenStream, output: TokenStream) {
    let shown = output.to_string();
    let before: Function = syn::parse2(item.clone()).expect("only a function is expanded");
    let after: Function = syn::parse2(output).unwrap_or_else(|error| panic!("a function: {error}\n{shown}"));
    let head = |function: &Function| {
        let Function { attrs, vis, sig, .. } = function;
        flat(quote::quote!(#(#attrs)* #vis #sig))
    };
    assert_eq!(head(&before), head(&after), "what callers see stays");

    let body = flat(after.body.to_token_stream());
    let sites = body.windows(2).filter(|two| *two == ["static", "__BREAKER_SITE"]).count();
    assert_eq!(sites, 1, "one static: {shown}");
    // The braces of a body that only boxes a block are written anew.
    let inner = before.boxed_block().map_or_else(|| before.body.clone(), |(_, block)| block);
    let own = flat(inner.to_token_stream());
    assert!(body.windows(own.len()).any(|part| part == own), "the body is in it: {shown}");
}
