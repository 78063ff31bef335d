//! Whether the tokens of a return type show an error type that a test can make: an injected error comes as `dyn Any`, which
//! is for types that are `'static`.
//!
//! A lifetime that isn't written does no harm (see `Injected` in breaker-core). One that is written might stand in a type
//! that is not covariant; and what may be a type parameter, the compiler would take for one that borrows.

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

/// The tokens in which the error type may be: all but the first type in `Result<…>`.
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

/// Whether there is a written lifetime, or what may be a parameter: one that the function declares, or one letter, with or
/// without a digit, that an `impl` around it may.
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
