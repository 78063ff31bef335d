//! Decides by the tokens of a return type whether a test can inject its error type: an injected error is passed as `dyn Any`,
//! which requires a `'static` type.
//!
//! An elided lifetime is allowed (see `Injected` in breaker-core). A written lifetime may be in a type that is not covariant.
//! A type parameter may stand for a type that borrows.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Generics, PathArguments, Type};

use crate::function::Function;
use crate::return_type;

/// ```text
/// true:    Result<&'a T, StoreError>, io::Result<T>, Result<T, Box<dyn Error>>
/// false:   Result<u8, E>, Result<u8, Self::Error>, Result<u8, StoreError<'a>>, Result<u8, impl Error>
/// ```
pub(crate) fn has_known_error(returned: &Type, function: &Function) -> bool {
    !is_open(error_of(returned), &function.sig.generics)
}

/// Returns the tokens that may contain the error type: all but the first type in `Result<…>`.
fn error_of(returned: &Type) -> TokenStream {
    let mut returned = return_type::ungroup(returned).clone();
    if let Type::Path(path) = &mut returned
        && let Some(last) = path.path.segments.last_mut().filter(|last| last.ident == "Result")
        && let PathArguments::AngleBracketed(arguments) = &mut last.arguments
    {
        let mut values = 0;
        let is_kept = |argument: &GenericArgument| {
            values += u32::from(matches!(argument, GenericArgument::Type(_)));
            !matches!((argument, values), (GenericArgument::Type(_), 1))
        };
        arguments.args = std::mem::take(&mut arguments.args).into_iter().filter(is_kept).collect();
    }
    returned.to_token_stream()
}

/// Whether the tokens contain a written lifetime or a possible type parameter. Those are the parameters that the function
/// declares, and names of one capital letter and any digits, which a surrounding `impl` may declare.
fn is_open(tokens: TokenStream, generics: &Generics) -> bool {
    let mut after_quote = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => {
            if std::mem::take(&mut after_quote) {
                return ident != "static";
            }
            let is_declared = generics.type_params().any(|parameter| parameter.ident == ident);
            is_declared || ident == "Self" || ident == "impl" || is_short(&ident.to_string())
        }
        TokenTree::Punct(punct) => {
            after_quote = punct.as_char() == '\'';
            punct.as_char() == '&'
        }
        TokenTree::Group(group) => is_open(group.stream(), generics),
        TokenTree::Literal(_) => false,
    })
}

fn is_short(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.all(|letter| letter.is_ascii_digit())
}
