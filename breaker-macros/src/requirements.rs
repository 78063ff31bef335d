//! Checks what keys require of the function.

use syn::Type;

use crate::args::Args;
use crate::fallback::Fallback;
use crate::faults::Faults;
use crate::function::Shape;
use crate::parameters::{Parameter, PassMode};
use crate::return_type;
use crate::value::{Setting, Value};

/// Checks that `request_timeout` is on a function with a future, which can be dropped.
pub(crate) fn request_timeout(args: &Args, shape: &Shape, faults: &mut Faults) {
    let timeout = args.get("request_timeout").filter(|arg| !matches!(arg.value, Value::Setting(Setting::Off)));
    if let (Shape::Plain, Some(timeout)) = (shape, timeout) {
        faults.on(
            &timeout.key,
            "`request_timeout` needs an `async fn`: a plain function can't be cancelled. Remove it, or use `slow_call_duration` and `slow_call_rate`",
        );
    }
}

/// Checks that a function with `fallback` or `map_error` returns a `Result`. The compiler would report that too, along with a
/// second error: the type that they return.
pub(crate) fn result_for_fallback(args: &Args, returned: &Type, faults: &mut Faults) {
    let is_named = args.is_written("fallback") || args.is_written("map_error");
    if is_named && return_type::is_plainly_no_result(returned) {
        faults.on(
            returned,
            "a function under `#[circuit_breaker]` must return a `Result<T, E>`: the breaker counts `Err` as a failure and `Ok` as a success",
        );
    }
}

/// Checks that `fallback` is not `Default::default`, which takes no arguments for any type.
pub(crate) fn arguments_for_fallback(fallback: Option<&Fallback<'_>>, faults: &mut Faults) {
    let Some(Fallback::Path { path, .. }) = fallback else { return };
    let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    if names.ends_with(&["Default".to_owned(), "default".to_owned()]) {
        faults.on(
            path,
            "`Default::default` takes no arguments, but a `fallback` gets the parameters and the error: write `fallback = |_| Ok(Default::default())`, or `fail_fast = false`",
        );
    }
}

/// Checks that a function with `fallback` returns a type that another function can return.
pub(crate) fn nameable_result_for_fallback(args: &Args, has_impl_trait: bool, faults: &mut Faults) {
    if let (true, Some(arg)) = (has_impl_trait, args.get("fallback")) {
        faults.on(
            &arg.key,
            "a function that returns `impl Trait` inside its `Result` can't have a `fallback`: no other function can return that type. Return a boxed or a named type",
        );
    }
}

/// Checks that the fallback doesn't borrow mutably what the future of an eager body may hold.
pub(crate) fn borrows_for_fallback(shape: &Shape, parameters: &[Parameter], faults: &mut Faults) {
    if !shape.is_eager() {
        return;
    }
    for parameter in parameters.iter().filter(|parameter| parameter.mode == PassMode::Reborrowed) {
        faults.on(
            &parameter.name,
            "the returned future may hold this `&mut` borrow, so a `fallback` can't use it: make the function an `async fn`, or use a closure that doesn't name the parameter",
        );
    }
}
