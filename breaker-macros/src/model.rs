//! The model of what to generate: arguments and function, checked against each other.

use proc_macro2::TokenStream;
use syn::{Expr, Path};

use crate::args::Args;
use crate::conflicts;
use crate::fallback::Fallback;
use crate::faults::Faults;
use crate::function::{Function, Shape};
use crate::injectable;
use crate::parameters::Parameter;
use crate::requirements;
use crate::return_type;
use crate::tracked::{self, Place};
use crate::unsupported;
use crate::value::{Setting, Value};

/// What decides whether a result is a success, a failure, or ignored.
pub(crate) enum Classifier<'a> {
    /// `Ok` is a success, `Err` a failure.
    Default,
    ByError {
        ignore_if: Option<&'a Expr>,
        failure_if: Option<&'a Expr>,
    },
    ByResult(&'a Expr),
}

/// What the caller gets for a rejection if there is no fallback.
pub(crate) enum OnRejection<'a> {
    /// `E: From<CircuitBreakerError>`
    Convert,
    Map(&'a Expr),
    /// `Ok(Default::default())`, for failures too.
    Degrade,
}

/// Everything that the generator needs.
pub(crate) struct Model<'a> {
    pub(crate) function: &'a Function,
    pub(crate) args: &'a Args,
    /// The expression that returns the breaker, if the attribute has no `service`.
    pub(crate) breaker: Option<&'a Expr>,
    pub(crate) shape: Shape,
    /// The `Result`, with `_` for `impl Trait`.
    pub(crate) result: TokenStream,
    pub(crate) has_impl_trait: bool,
    /// Whether a test can inject an error.
    pub(crate) is_injectable: bool,
    pub(crate) classifier: Classifier<'a>,
    pub(crate) on_rejection: OnRejection<'a>,
    pub(crate) fallback: Option<Fallback<'a>>,
    pub(crate) parameters: Vec<Parameter>,
    /// Where the function that holds the body stands, if the body becomes a separate function.
    pub(crate) tracked: Option<Place>,
    /// The runtime crate, if it is renamed.
    pub(crate) crate_path: Option<&'a Path>,
}

impl<'a> Model<'a> {
    /// Builds the model; returns `None` if there is any fault.
    pub(crate) fn new(args: &'a Args, function: &'a Function, faults: &mut Faults) -> Option<Self> {
        conflicts::check(args, faults);
        unsupported::signature(function, faults);
        let Some((shape, returned)) = function.shape() else {
            faults.on(
                &function.sig.ident,
                "this function returns nothing: `#[circuit_breaker]` needs a `Result<T, E>`, to distinguish failures from successes",
            );
            return None;
        };
        requirements::request_timeout(args, &shape, faults);
        requirements::result_for_fallback(args, &returned, faults);
        let (result, has_impl_trait) = return_type::without_impl_trait(&returned);
        let fallback = Fallback::new(args, function);
        let parameters = fallback.as_ref().map_or_else(Vec::new, |fallback| Parameter::all(function, fallback, faults));
        requirements::arguments_for_fallback(fallback.as_ref(), faults);
        requirements::nameable_result_for_fallback(args, has_impl_trait, faults);
        requirements::borrows_for_fallback(&shape, &parameters, faults);
        let on_rejection = OnRejection::new(args, faults);
        faults.is_empty().then(|| Self {
            function,
            args,
            breaker: args.get("breaker").map(|arg| &arg.expr),
            tracked: tracked::place(function, &shape),
            shape,
            result,
            has_impl_trait,
            is_injectable: injectable::has_known_error(&returned, function),
            classifier: Classifier::new(args),
            on_rejection,
            fallback,
            parameters,
            crate_path: args.get("crate").and_then(|arg| match &arg.value {
                Value::CratePath(path) => Some(path),
                _ => None,
            }),
        })
    }
}

impl<'a> Classifier<'a> {
    fn new(args: &'a Args) -> Self {
        let expr = |key| args.get(key).map(|arg| &arg.expr);
        let (ignore_if, failure_if) = (expr("ignore_if"), expr("failure_if"));
        match expr("classify") {
            Some(classify) => Self::ByResult(classify),
            None if ignore_if.is_none() && failure_if.is_none() => Self::Default,
            None => Self::ByError { ignore_if, failure_if },
        }
    }
}

impl<'a> OnRejection<'a> {
    fn new(args: &'a Args, faults: &mut Faults) -> Self {
        let degrades = !args.is_written("fallback") && !is_fail_fast(args);
        match args.get("map_error") {
            Some(arg) if degrades => {
                faults.on(
                    &arg.key,
                    "`map_error` would never run: with `fail_fast = false` (or the preset `cache`) a rejection becomes `Ok(Default::default())`. Remove it, or write `fail_fast = true`",
                );
                Self::Degrade
            }
            Some(arg) => Self::Map(&arg.expr),
            None if degrades => Self::Degrade,
            None => Self::Convert,
        }
    }
}

/// Whether a rejected or failed call returns its error. A written `fail_fast` overrides the preset. Beside `breaker` a preset
/// is an error of its own.
fn is_fail_fast(args: &Args) -> bool {
    let value = |key| args.get(key).map(|arg| &arg.value);
    match value("fail_fast") {
        Some(Value::Setting(Setting::Flag(fail_fast))) => *fail_fast,
        // An invalid `fail_fast`, or a preset beside `breaker`, has been reported: it must not cause a second error.
        _ if args.is_written("fail_fast") || args.is_written("breaker") => true,
        _ => !matches!(value("preset"), Some(Value::Setting(Setting::Name("cache")))),
    }
}
