//! Handles parameters under `#[cfg(…)]`, which is not evaluated yet when the attribute runs.

use proc_macro2::TokenStream;
use quote::quote;

use super::context::Context;
use crate::parameters::Parameter;

/// ```text
/// Input:   fn get(#[cfg(unix)] a: A)
/// Output:  #[cfg(not(all(unix)))] let a = ();
/// ```
/// With this, a parameter that the fallback uses can be cloned and bound in both cases. Only the call of the fallback has to
/// leave it out.
pub(super) fn absent(context: &Context<'_>) -> TokenStream {
    let absent = |parameter: &Parameter| {
        let (name, condition) = (&parameter.name, parameter.condition.as_ref()?);
        let condition = quote!(#[cfg(not(#condition))]);
        Some(quote!(#condition let #name = (); #condition let _ = &#name;))
    };
    context.model.parameters.iter().filter_map(absent).collect()
}

/// Returns each set of parameters that a fallback path may be called with, and the condition of the set. If no parameter is
/// conditional, there is one set, without a condition.
pub(super) fn choices<'a>(context: &Context<'a>) -> Vec<(Option<TokenStream>, Vec<&'a Parameter>)> {
    let mut choices: Vec<(Vec<TokenStream>, Vec<&Parameter>)> = vec![(Vec::new(), Vec::new())];
    for parameter in &context.model.parameters {
        let without = choices.clone();
        for (_, parameters) in &mut choices {
            parameters.push(parameter);
        }
        let Some(condition) = &parameter.condition else { continue };
        for (conditions, _) in &mut choices {
            conditions.push(quote!(#condition));
        }
        choices.extend(without.into_iter().map(|(mut conditions, parameters)| {
            conditions.push(quote!(not(#condition)));
            (conditions, parameters)
        }));
    }
    let with_attribute = |(conditions, parameters): (Vec<TokenStream>, Vec<&'a Parameter>)| {
        ((!conditions.is_empty()).then(|| quote!(#[cfg(all(#(#conditions),*))])), parameters)
    };
    choices.into_iter().map(with_attribute).collect()
}
