//! Generates the function's site: a static with the settings of the attribute.

use std::time::Duration;

use breaker_keys::{Key, Kind};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Expr;
use syn::spanned::Spanned;

use crate::args::Args;
use crate::function::Shape;
use crate::spans::located_at;
use crate::value::{Setting, Value};

/// ```text
/// Input:   service = "s3", failure_threshold = 5
/// Output:  static __BREAKER_SITE: Site = Site::new("s3", Settings { failure_threshold: Some(5u32), ..Settings::NONE });
///          inventory::submit! { Listed(&__BREAKER_SITE) }
/// ```
/// A function that can't be cancelled is marked: `Site::new(…).plain()`.
pub(crate) fn declaration(args: &Args, shape: &Shape, private: &TokenStream) -> TokenStream {
    let some = quote!(::core::option::Option::Some);
    let mut fields = TokenStream::new();
    let mut service = TokenStream::new();
    let mut off = TokenStream::new();
    for arg in args.iter() {
        let value = match &arg.value {
            Value::Service(name @ Expr::Lit(_)) => {
                service = quote!(#name);
                continue;
            }
            Value::Service(name) => {
                // The constant is checked when it is evaluated. An error is shown on the user's path.
                let checked = located_at(quote!(#private::service), name.span());
                service = quote!(#checked(#name));
                continue;
            }
            Value::Setting(Setting::Off) => {
                let name = arg.name;
                off.extend(quote!(.off(#name)));
                continue;
            }
            Value::Setting(value) => setting(arg.row, *value, private),
            Value::Callable(_) | Value::CratePath(_) | Value::Expression => continue,
        };
        let name = Ident::new(arg.name, Span::mixed_site());
        fields.extend(quote!(#name: #some(#value),));
    }
    let settings = if fields.is_empty() {
        quote!(#private::Settings::NONE #off)
    } else {
        quote!(#private::Settings { #fields ..#private::Settings::NONE #off })
    };
    let plain = (!shape.is_async()).then(|| quote!(.plain()));
    quote! {
        static __BREAKER_SITE: #private::Site = #private::Site::new(#service, #settings) #plain;
        #private::inventory::submit! { #private::Listed(&__BREAKER_SITE) }
    }
}

fn setting(key: &Key, value: Setting, private: &TokenStream) -> TokenStream {
    match value {
        Setting::Count(count) => quote!(#count),
        Setting::Number(number) => quote!(#number),
        Setting::Flag(flag) => quote!(#flag),
        Setting::Duration(duration) if key.kind == Kind::Window => {
            let duration = exact(duration, private);
            quote!(#private::Window::Time(#duration))
        }
        Setting::Duration(duration) => exact(duration, private),
        Setting::Calls(calls) => quote!(#private::Window::Calls(#calls)),
        Setting::Name(name) => {
            let (type_name, variant) = (format_ident!("{}", key.type_name), format_ident!("{}", capitalised(name)));
            quote!(#private::#type_name::#variant)
        }
        // `off` is not a value of the field: see above.
        Setting::Off => quote!(),
    }
}

/// Returns the enum variant of a name.
fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

fn exact(duration: Duration, private: &TokenStream) -> TokenStream {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(#private::Duration::new(#seconds, #nanos))
}
