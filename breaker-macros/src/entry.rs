//! The attribute as a function on `proc_macro2` tokens, which runs without the compiler.
//!
//! `fuzz/` compiles this module and those it uses as an ordinary library.

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::editor;
use crate::expand;
use crate::faults::Faults;
use crate::function::Function;
use crate::model::Model;
use crate::{unread, unsupported};

/// Expands the attribute. If there is any error, returns all errors and the user's function unchanged, so that its callers
/// still find it.
pub(crate) fn circuit_breaker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            if unsupported::item(&item, &mut faults) {
                return faults.into_tokens().into_iter().chain(item).collect();
            }
            return unread::function(item.clone(), error)
                .unwrap_or_else(|error| error.to_compile_error().into_iter().chain(item).collect());
        }
    };
    let args = Args::read(arguments, &mut faults);
    let model = Model::new(&args, &function, &mut faults);
    match model {
        Some(model) => expand::expand(&model),
        None => editor::with_hints(&function, &args).into_iter().chain(faults.into_tokens()).collect(),
    }
}
