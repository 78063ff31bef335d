//! Support for `#[track_caller]`: code in a closure doesn't see the caller, so the body becomes a separate function.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::Visit;
use syn::{FnArg, Lifetime, LifetimeParam, Pat, PatIdent, Path, Safety, TypeParam, Visibility};

use crate::function::{Function, Shape};

/// Where the function that holds the body stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In the body of the annotated function, where neither `Self` nor the type parameters of an `impl` are in scope.
    Inside,
    /// Beside the annotated function, in an inherent `impl`.
    Beside,
}

/// Returns the place of the function that holds the body. `None` without `#[track_caller]`, or if no place is possible: then
/// the body doesn't see the caller.
pub(crate) fn place(function: &Function, shape: &Shape) -> Option<Place> {
    let is_tracked = function.attrs.iter().any(|attr| attr.path().is_ident("track_caller"));
    let runs_when_called = matches!(shape, Shape::Plain | Shape::Future | Shape::BoxedFuture);
    let is_unsafe = matches!(function.sig.safety, Safety::Unsafe(_));
    if !is_tracked || !runs_when_called || is_unsafe || !function.sig.inputs.iter().all(is_plain) {
        return None;
    }
    let is_method = function.receiver().is_some()
        || mentions_self(function.sig.to_token_stream())
        || mentions_self(function.body.stream());
    if is_method {
        // A method without a visibility may belong to the `impl` of a trait, which can't hold another function.
        return (!matches!(function.vis, Visibility::Inherited)).then_some(Place::Beside);
    }
    (!uses_foreign_parameters(function)).then_some(Place::Inside)
}

/// Whether the parameter can be passed on by its name.
fn is_plain(input: &FnArg) -> bool {
    match input {
        FnArg::Receiver(receiver) => receiver.attrs.is_empty(),
        FnArg::Typed(typed) => {
            typed.attrs.is_empty() && matches!(&*typed.pat, Pat::Ident(PatIdent { by_ref: None, subpat: None, .. }))
        }
    }
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Whether the signature uses a lifetime or a type parameter that only a surrounding `impl` can declare. A type counts as a
/// type parameter if its name is one letter.
fn uses_foreign_parameters(function: &Function) -> bool {
    #[derive(Default)]
    struct Names {
        used: HashSet<String>,
        declared: HashSet<String>,
    }
    impl<'ast> Visit<'ast> for Names {
        fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
            self.used.insert(lifetime.to_string());
        }

        fn visit_lifetime_param(&mut self, param: &'ast LifetimeParam) {
            self.declared.insert(param.lifetime.to_string());
            syn::visit::visit_lifetime_param(self, param);
        }

        fn visit_path(&mut self, path: &'ast Path) {
            self.used.extend(path.get_ident().map(ToString::to_string).filter(|name| name.len() == 1));
            syn::visit::visit_path(self, path);
        }

        fn visit_type_param(&mut self, param: &'ast TypeParam) {
            self.declared.insert(param.ident.to_string());
            syn::visit::visit_type_param(self, param);
        }
    }
    let mut names = Names::default();
    names.visit_signature(&function.sig);
    names.declared.extend(["'static".to_owned(), "'_".to_owned()]);
    names.declared.extend(function.sig.generics.const_params().map(|param| param.ident.to_string()));
    !names.used.is_subset(&names.declared)
}
