//! The attribute of `breaker-core`. Depend on that crate, which re-exports it.

#![forbid(unsafe_code)]

mod args;
mod conflicts;
mod editor;
mod entry;
mod expand;
mod fallback;
mod faults;
mod function;
mod injectable;
mod model;
mod names;
mod parameters;
mod requirements;
mod return_type;
mod self_alias;
mod site;
mod spans;
mod tracked;
mod unfinished;
mod unread;
mod unsupported;
mod value;

/// Protects a function by the circuit breaker of a service.
///
/// It goes over an `async fn`, a plain `fn`, a method with any `self`, or a function that gives an `impl Future` or a
/// `Pin<Box<dyn Future>>` of a `Result<T, E>`. Calls are counted, and rejected while the service is down. Functions with
/// the same `service` share one breaker, which the global registry lists before the first call.
///
/// `E` carries a rejection by `From<CircuitBreakerError>`, or the attribute has `map_error`. Error types of other crates, such
/// as `reqwest::Error` and `sqlx::Error`, can't: return a type that holds both errors, such as an enum of your own or
/// `anyhow::Error`. The file `docs/foreign-errors.md` in the repository of breaker-core has an example of each.
///
/// # Keys
///
/// Values are literals and are checked when the code is compiled. Durations are strings with a unit: `"250ms"`, `"1m 30s"`.
/// `off` without quotes switches a key off, whatever presets, defaults and weaker sources have.
///
#[doc = breaker_keys::table_of_settings!()]
///
/// Only in the attribute:
///
#[doc = breaker_keys::table_of_code!()]
///
/// # A breaker of your own
///
/// `breaker = expr` in place of `service` protects the function by the breaker that the expression gives: a `&CircuitBreaker`, or
/// a reference to what derefs to one (`&Arc<CircuitBreaker>`, `&LazyLock<CircuitBreaker>`). It is for libraries, and for
/// values that own their breaker, such as a client with one for each host. The expression may name the function's parameters
/// and `self`:
///
/// ```ignore
/// impl Client {
///     #[circuit_breaker(breaker = &self.breaker, request_timeout = "2s", fallback = Self::cached)]
///     async fn get(&self, path: &str) -> Result<Page, ClientError> {
///         self.http.get(path).await
///     }
/// }
/// ```
///
/// - It is evaluated once for each call, before the body and before the breaker is asked: at the first poll of an `async fn`
///   (under `#[async_trait]`, too), at the call of any other function, one that returns a future included. A panic in it is not
///   counted.
/// - The breaker is borrowed until the call ends. Where the body needs `&mut self`, or `self` by value, write
///   `breaker = &self.breaker.clone()`: a clone is a handle to the same breaker. A function that returns a future can't borrow
///   such a clone, which would end with the call.
/// - Only `request_timeout`, `fail_fast` and the keys of the second table can be combined with it. All others are set where the
///   breaker is created, by `Config::builder()`. The time that a probe has, `half_open_timeout`, doesn't know the function's
///   `request_timeout`: set it where calls take longer than `open_timeout`.
/// - Fallback runs are counted by that breaker.
/// - The function is in no registry: `Registry::conflicts`, `explain`, files and variables don't know it. The breaker is in
///   the registry only if it was taken from there (`Registry::get_or_create`).
/// - Names of breakers are never freed. Many breakers can have the same name.
///
/// # Fallbacks
///
/// `fallback = path` is called with the function's parameters and then the error; a path that starts with `Self` gets
/// `self` first. `fallback = |error| …` names the parameters that it needs. Either may be async where the function is. A
/// parameter taken by value is cloned for it when the call is admitted; `&mut` parameters are lent again. An ignored error
/// is returned as it is, without a fallback.
///
/// With the feature `tracing` of breaker-core, each run is logged at debug, with the error that it answers where that is
/// `Debug`. So is each default value that `fail_fast = false` gives. (In a generic function, only a bound says that a type
/// parameter is `Debug`.)
///
/// # Limits
///
/// `#![forbid(non_upper_case_globals)]` is an error in a crate with the attribute, since the crate `inventory` allows that
/// lint in what it generates; so is `#![forbid(clippy::used_underscore_binding)]` where a parameter's name begins with `_`. Use
/// `deny`. A parameter taken by value that an `async fn` drops before its first `.await` keeps its place in the future.
///
/// # Editors
///
/// rust-analyzer completes keys from their first letter, paths, and what stands behind a dot in a closure; it shows types there
/// as everywhere. Between two commas with nothing in between, it doesn't propose keys: nothing is wrong there yet, and code
/// without a fault holds no hints.
///
/// # `#[track_caller]`
///
/// On a plain `fn` that has it, too, the body knows the function's caller: it becomes a hidden function of its own. That is
/// possible for free functions, and for methods of an inherent `impl` that have a visibility, if every parameter is a plain
/// name. Elsewhere the location is that of the attribute, since a trait's `impl` can hold no other function: in methods
/// without a visibility, which may be those of a trait, in an `unsafe fn`, and where a parameter is a pattern or has an
/// attribute. On an `async fn`, `#[track_caller]` has no effect in Rust.
#[proc_macro_attribute]
pub fn circuit_breaker(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    entry::circuit_breaker(arguments.into(), item.into()).into()
}

#[cfg(test)]
mod tests;
