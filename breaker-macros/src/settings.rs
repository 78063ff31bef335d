//! The static that the function owns: its place, and what the attribute sets.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

use crate::model::Model;
use crate::value::Value;

/// ```text
/// Input:   service = "s3", failure_threshold = 5
/// Output:  static __BREAKER_SITE: Site = Site::new("s3", Settings { failure_threshold: Some(5u32), ..Settings::NONE });
///          inventory::submit! { Listed(&__BREAKER_SITE) }
/// ```
pub(crate) fn site(model: &Model<'_>, private: &TokenStream) -> TokenStream {
    let some = quote!(::core::option::Option::Some);
    let mut fields = TokenStream::new();
    let mut service = TokenStream::new();
    for arg in model.args.iter() {
        let value = match &arg.value {
            Value::Text(text) => {
                service = quote!(#text);
                continue;
            }
            Value::Preset(variant) => {
                let variant = quote::format_ident!("{variant}");
                quote!(#private::Preset::#variant)
            }
            Value::Criticality(variant) => {
                let variant = quote::format_ident!("{variant}");
                quote!(#private::Criticality::#variant)
            }
            Value::Count(count) => quote!(#count),
            Value::Number(number) => quote!(#number),
            Value::Bool(value) => quote!(#value),
            Value::Duration(duration) if arg.name == "window" => {
                let duration = exact(*duration, private);
                quote!(#private::Window::Time(#duration))
            }
            Value::Duration(duration) => exact(*duration, private),
            Value::Calls(calls) => quote!(#private::Window::Calls(#calls)),
            Value::Path(_) | Value::Closure(_) | Value::Crate(_) => continue,
        };
        let name = Ident::new(arg.name, Span::mixed_site());
        fields.extend(quote!(#name: #some(#value),));
    }
    let settings = if fields.is_empty() {
        quote!(#private::Settings::NONE)
    } else {
        quote!(#private::Settings { #fields ..#private::Settings::NONE })
    };
    quote! {
        static __BREAKER_SITE: #private::Site = #private::Site::new(#service, #settings);
        #private::inventory::submit! { #private::Listed(&__BREAKER_SITE) }
    }
}

fn exact(duration: Duration, private: &TokenStream) -> TokenStream {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(#private::Duration::new(#seconds, #nanos))
}
