//! One of a few names, in quotes.

use syn::{Expr, Lit, Result};

use super::literal::{fault, literal};
use crate::keys::Choices;
use crate::nearest::nearest;

/// The variant that the name stands for.
pub(super) fn read(name: &str, choices: &Choices, expr: &Expr) -> Result<&'static str> {
    let Some(Lit::Str(text)) = literal(expr) else {
        let listed = listed(choices, "or");
        // The key shares the backquotes of the first name.
        return fault(expr, format_args!("`{name}` is a string: write `{name} = {}", listed.trim_start_matches('`')));
    };
    let written = text.value();
    if let Some((_, variant)) = choices.variants.iter().find(|(known, _)| *known == written) {
        return Ok(variant);
    }
    let hint = nearest(&written.to_lowercase(), choices.variants.iter().map(|(known, _)| *known))
        .map_or_else(String::new, |near| format!("did you mean `\"{near}\"`? "));
    let listed = listed(choices, "and");
    fault(text, format_args!("unknown {name} `{written}`: {hint}The {} are {listed}", choices.plural))
}

/// As in a sentence: commas, and a word before the last.
fn listed(choices: &Choices, word: &str) -> String {
    let names: Vec<_> = choices.variants.iter().map(|(known, _)| format!("`\"{known}\"`")).collect();
    match names.split_last() {
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}
