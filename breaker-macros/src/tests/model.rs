//! The model of valid arguments.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::Args;
use crate::fallback::Fallback;
use crate::faults::Faults;
use crate::function::Function;
use crate::model::{Classifier, Model, OnRejection};
use crate::parameters::PassMode;

/// Passes the model of the arguments on a method to `look`.
fn with_model<T>(arguments: &TokenStream, look: impl FnOnce(&Model<'_>) -> T) -> T {
    let method = quote!(
        fn call(&self, id: u32) -> Result<u32, Down> {
            Ok(id)
        }
    );
    let function: Function = syn::parse2(method).expect("the function of a test parses");
    let mut faults = Faults::default();
    let args = Args::read(quote!(service = "s", #arguments), &mut faults);
    let model = Model::new(&args, &function, &mut faults);
    look(&model.unwrap_or_else(|| panic!("{:?}", faults.messages())))
}

#[test]
fn a_result_is_judged_by_what_is_given() {
    let judged = |arguments: TokenStream| {
        with_model(&arguments, |model| match &model.classifier {
            Classifier::Default => "plain",
            Classifier::ByResult(_) => "by result",
            Classifier::ByError { ignore_if: Some(_), failure_if: Some(_) } => "by both",
            Classifier::ByError { ignore_if: Some(_), failure_if: None } => "by ignore_if",
            Classifier::ByError { ignore_if: None, failure_if: Some(_) } => "by failure_if",
            Classifier::ByError { ignore_if: None, failure_if: None } => "by nothing",
        })
    };
    assert_eq!(judged(quote!()), "plain");
    assert_eq!(judged(quote!(classify = judge)), "by result");
    assert_eq!(judged(quote!(ignore_if = a)), "by ignore_if");
    assert_eq!(judged(quote!(failure_if = a)), "by failure_if");
    assert_eq!(judged(quote!(ignore_if = a, failure_if = b)), "by both");
}

#[test]
fn a_rejection_degrades_only_where_nothing_else_answers() {
    let rejected = |arguments: TokenStream| {
        with_model(&arguments, |model| match &model.on_rejection {
            OnRejection::Convert => "convert",
            OnRejection::Degrade => "degrade",
            OnRejection::Map(_) => "map",
        })
    };
    assert_eq!(rejected(quote!()), "convert");
    assert_eq!(rejected(quote!(map_error = to_down)), "map");
    assert_eq!(rejected(quote!(preset = "database")), "convert");
    for degrades in [quote!(fail_fast = false), quote!(preset = "cache")] {
        assert_eq!(rejected(degrades.clone()), "degrade");
        assert_eq!(rejected(quote!(#degrades, fallback = cached)), "convert", "the fallback answers");
        assert_eq!(rejected(quote!(#degrades, fallback = cached, map_error = to_down)), "map");
    }
    assert_eq!(rejected(quote!(preset = "cache", fail_fast = true)), "convert", "a written value overrides the preset");
    assert_eq!(rejected(quote!(preset = "cache", fail_fast = true, map_error = to_down)), "map");
}

#[test]
fn a_fallback_on_self_gets_self() {
    let gets_self = |arguments: TokenStream| {
        with_model(&arguments, |model| match &model.fallback {
            Some(Fallback::Path { with_self, .. }) => Some(*with_self),
            _ => None,
        })
    };
    assert_eq!(gets_self(quote!(fallback = |error| Err(error))), None);
    for (path, expected) in [
        (quote!(cached), false),
        (quote!(Self::cached), true),
        (quote!(Self), false),
        (quote!(other::cached), false),
        (quote!(<Self as Cache>::cached), true),
        (quote!(<Other as Cache>::cached), false),
    ] {
        let shown = path.to_string();
        assert_eq!(gets_self(quote!(fallback = #path)), Some(expected), "{shown}");
    }
}

#[test]
fn a_fallback_gets_what_its_parameters_allow() {
    let function: Function = syn::parse2(quote! {
        fn call(&mut self, shared: &str, lent: &mut Vec<u8>, kept: String, unnamed: Secret) -> Result<u32, Down> { }
    })
    .expect("the function of a test parses");
    let passes = |arguments: TokenStream| -> Vec<(String, PassMode)> {
        let mut faults = Faults::default();
        let args = Args::read(arguments, &mut faults);
        let model = Model::new(&args, &function, &mut faults).expect("no fault");
        model.parameters.iter().map(|parameter| (parameter.name.to_string(), parameter.mode)).collect()
    };
    let named = |name: &str, pass| (name.to_owned(), pass);
    assert_eq!(passes(quote!(service = "s")), []);
    assert_eq!(
        passes(quote!(service = "s", fallback = |kept| Ok(format!("{shared} {lent:?} {kept}")))),
        [named("shared", PassMode::Shared), named("lent", PassMode::Reborrowed)],
        "the closure's own argument hides a parameter"
    );
    assert_eq!(
        passes(quote!(service = "s", fallback = Self::other)),
        [
            named("self", PassMode::Reborrowed),
            named("shared", PassMode::Shared),
            named("lent", PassMode::Reborrowed),
            named("kept", PassMode::Cloned),
            named("unnamed", PassMode::Cloned)
        ]
    );
    assert_eq!(passes(quote!(service = "s", fallback = other)).len(), 4, "a path that isn't on `Self` gets no self");
}
