//! The static that the function owns: its site, with what the attribute sets.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::args::Args;
use crate::value::{Value, Window};

/// ```text
/// Input:   service = "s3", failure_threshold = 5
/// Output:  static __BREAKER_SITE: Site = Site::new("s3", Settings { failure_threshold: Some(5u32), ..Settings::NONE });
///          inventory::submit! { Listed(&__BREAKER_SITE) }
/// ```
pub(crate) fn declaration(args: &Args, private: &TokenStream) -> TokenStream {
    let some = quote!(::core::option::Option::Some);
    let mut fields = TokenStream::new();
    let mut service = TokenStream::new();
    for arg in args.iter() {
        let value = match &arg.value {
            Value::Text(text) => {
                service = quote!(#text);
                continue;
            }
            Value::Choice { of, variant } => {
                let (type_name, variant) = (format_ident!("{}", of.type_name), format_ident!("{variant}"));
                quote!(#private::#type_name::#variant)
            }
            Value::Count(count) => quote!(#count),
            Value::Number(number) => quote!(#number),
            Value::Flag(flag) => quote!(#flag),
            Value::Duration(duration) => exact(*duration, private),
            Value::Window(Window::Time(duration)) => {
                let duration = exact(*duration, private);
                quote!(#private::Window::Time(#duration))
            }
            Value::Window(Window::Calls(calls)) => quote!(#private::Window::Calls(#calls)),
            Value::Callable(_) | Value::CratePath(_) => continue,
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
