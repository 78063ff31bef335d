//! The attribute of `breaker-core`. Depend on that crate, which re-exports it.

mod args;
mod diag;
mod expand;
mod item;
mod model;
mod params;
mod settings;
mod value;

use proc_macro2::TokenStream;

/// Protects a function by a circuit breaker.
#[proc_macro_attribute]
pub fn circuit_breaker(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    protect(arguments.into(), item.into()).into()
}

/// On any fault: all the faults, and the user's function as it is, so that its callers find it.
fn protect(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = diag::Faults::default();
    let function = match syn::parse2::<item::Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            item::explain(&item, &error, &mut faults);
            return faults.into_tokens().into_iter().chain(item).collect();
        }
    };
    let args = args::Args::read(arguments, &mut faults);
    let model = model::Model::new(&args, &function, &mut faults);
    match model {
        Some(model) => expand::expand(&model),
        None => faults.into_tokens().into_iter().chain(item::unchanged(&function)).collect(),
    }
}

#[cfg(test)]
mod tests;
