//! Generates the function's site: a static with the settings of the attribute.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;
use syn::spanned::Spanned;

use crate::args::Args;
use crate::function::Shape;
use crate::spans::located_at;
use crate::value::{Setting, Value};

/// ```text
/// Input:   service = "s3", failure_threshold = 5
/// Output:  static __BREAKER_SITE: Site = Site::new("s3", &[("failure_threshold", Value::Count(5u32))]);
///          inventory::submit! { Listed(&__BREAKER_SITE) }
/// ```
/// A function that can't be cancelled is marked: `Site::new(…).plain()`.
pub(crate) fn declaration(args: &Args, shape: &Shape, private: &TokenStream) -> TokenStream {
    let mut service = TokenStream::new();
    let mut settings = TokenStream::new();
    for arg in args.iter() {
        match &arg.value {
            Value::Service(name @ Expr::Lit(_)) => service = quote!(#name),
            Value::Service(name) => {
                // The constant is checked when it is evaluated. An error is shown on the user's path.
                let checked = located_at(quote!(#private::service), name.span());
                service = quote!(#checked(#name));
            }
            Value::Setting(value) => {
                let (name, value) = (arg.name, setting(*value, private));
                settings.extend(quote!((#name, #private::Value::#value),));
            }
            Value::Callable(_) | Value::CratePath(_) | Value::Expression => {}
        }
    }
    let plain = (!shape.is_async()).then(|| quote!(.plain()));
    quote! {
        static __BREAKER_SITE: #private::Site = #private::Site::new(#service, &[#settings]) #plain;
        #private::inventory::submit! { #private::Listed(&__BREAKER_SITE) }
    }
}

fn setting(value: Setting, private: &TokenStream) -> TokenStream {
    match value {
        Setting::Count(count) => quote!(Count(#count)),
        Setting::Number(number) => quote!(Number(#number)),
        Setting::Flag(flag) => quote!(Flag(#flag)),
        Setting::Duration(duration) => {
            let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
            quote!(Duration(#private::Duration::new(#seconds, #nanos)))
        }
        Setting::Calls(calls) => quote!(Calls(#calls)),
        Setting::Name(name) => quote!(Name(#name)),
        Setting::Off => quote!(Off),
    }
}
