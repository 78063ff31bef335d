//! Names that a pattern binds, and the form in which names are compared.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Pat, Token};

/// Returns the names that a pattern binds, each with its `mut`.
pub(crate) fn bound(pattern: &Pat) -> Vec<(Ident, Option<Token![mut]>)> {
    let mut names = Vec::new();
    collect(pattern, &mut names);
    names
}

/// Written by hand, because syn's visitor is slow to compile: it has a function for each node type.
fn collect(pattern: &Pat, names: &mut Vec<(Ident, Option<Token![mut]>)>) {
    match pattern {
        Pat::Ident(found) => {
            names.push((found.ident.clone(), found.mutability));
            if let Some((_, inner)) = &found.subpat {
                collect(inner, names);
            }
        }
        Pat::Guard(guarded) => collect(&guarded.pat, names),
        Pat::Or(or) => or.cases.iter().for_each(|case| collect(case, names)),
        Pat::Paren(paren) => collect(&paren.pat, names),
        Pat::Reference(reference) => collect(&reference.pat, names),
        Pat::Slice(slice) => slice.elems.iter().for_each(|element| collect(element, names)),
        Pat::Struct(found) => found.fields.iter().for_each(|field| collect(&field.pat, names)),
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(|element| collect(element, names)),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|element| collect(element, names)),
        Pat::Type(typed) => collect(&typed.pat, names),
        // Constants, paths, ranges and literals bind nothing.
        _ => {}
    }
}

/// Returns the name as a format string writes it: `type` for `r#type`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}
