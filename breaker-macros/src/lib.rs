//! The attribute macro of `breaker-core`. Depend on that crate, which re-exports it.

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

/// Protects a function with the circuit breaker of a service.
///
/// Annotate an `async fn`, a plain `fn`, a method with any `self`, or a function that returns `impl Future` or
/// `Pin<Box<dyn Future>>`. The result must be a `Result<T, E>`. Calls are counted, and are rejected while the circuit is open.
/// Functions with the same `service` share one breaker. The global registry lists it before its first call.
///
/// A rejected call returns an `E`, made by `From<CircuitBreakerError>` or by `map_error`. Error types of other crates, such as
/// `reqwest::Error` and `sqlx::Error`, can't contain a rejection: return a type for both errors, such as your own enum or
/// `anyhow::Error`. `docs/foreign-errors.md` in the repository of breaker-core has an example of each.
///
/// # Keys
///
/// The values of settings are literals, checked at compile time. Durations are strings with a unit: `"250ms"`, `"1m 30s"`.
/// `off` without quotes disables a key and overrides presets, defaults and weaker sources.
///
/// A key set on one function applies to all functions of its service. Exceptions: `request_timeout` and the keys of the
/// second table apply to their function only, and `fail_fast` is compiled into each function from its own attribute.
/// `Registry::explain` shows where each value is set. If two functions set a key to different values, the first one in the
/// order of files and lines is used, and `Registry::conflicts` reports the conflict.
///
#[doc = breaker_keys::table_of_settings!()]
///
/// Only the attribute accepts these keys:
///
#[doc = breaker_keys::table_of_code!()]
///
/// # Using your own breaker
///
/// `breaker = expr` replaces `service`. The expression returns the breaker: a `&CircuitBreaker`, or a reference to a type that
/// derefs to one (`&Arc<CircuitBreaker>`, `&LazyLock<CircuitBreaker>`). Use it in libraries, and for values that own their
/// breaker, such as a client with one breaker for each host. The expression can use the function's parameters and `self`:
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
/// - It is evaluated once per call, before the call is admitted and before the body runs: in an `async fn` at the first poll
///   (also under `#[async_trait]`), in any other function when it is called, even if it returns a future. A panic in the
///   expression is not counted.
/// - The breaker is borrowed until the call ends. If the body needs `&mut self`, or `self` by value, write
///   `breaker = &self.breaker.clone()`: a clone is a handle to the same breaker. A function that returns a future can't use
///   such a clone, because the future would outlive it.
/// - Only `request_timeout`, `fail_fast` and the keys of the second table can be combined with it. Set all other keys where the
///   breaker is created, with `Config::builder()`. The default of `half_open_timeout` does not take the function's
///   `request_timeout` into account: set `half_open_timeout` if calls take longer than `open_timeout`.
/// - That breaker counts the runs of the fallback.
/// - The function is in no registry: `Registry::conflicts`, `Registry::explain`, files and variables ignore it. The breaker is
///   in the registry only if it was taken from there (`Registry::get_or_create`).
/// - Names of breakers are never freed. Many breakers can have the same name.
///
/// # Fallbacks
///
/// `fallback = path` is called with the function's parameters, followed by the error. A path that starts with `Self` gets
/// `self` first. `fallback = |error| …` captures the parameters that it uses. Either can be async if the function is. A
/// parameter taken by value is cloned for the fallback when the call is admitted; `&mut` parameters are reborrowed. An ignored
/// error is returned unchanged, without running the fallback.
///
/// With the feature `tracing` of breaker-core, each run of a fallback is logged at debug level, with the call's error if it is
/// `Debug`. Each default value returned by `fail_fast = false` is logged, too. (In a generic function, a type parameter counts
/// as `Debug` only if it has that bound.)
///
/// # Limits
///
/// - `#![forbid(non_upper_case_globals)]` is an error in a crate with the attribute, because the crate `inventory` allows that
///   lint in the code it generates. So is `#![forbid(clippy::used_underscore_binding)]` if a parameter's name begins with `_`.
///   Use `deny`.
/// - If an `async fn` drops a parameter taken by value before its first `.await`, the future still reserves space for it.
///
/// # Editors
///
/// rust-analyzer completes keys from their first letter, paths, and fields and methods after a dot in a closure. It also shows
/// types there. It offers no keys in an empty place between two commas: only an attribute with an error expands to hints.
///
/// # `#[track_caller]`
///
/// On a plain `fn` with `#[track_caller]`, `Location::caller()` in the body is the location of the function's caller. The body
/// becomes a hidden function for that. This works for free functions, and for methods of an inherent `impl` that have a
/// visibility (`pub`, `pub(crate)`), if every parameter is a plain name. Otherwise the location is that of the attribute: in
/// methods without a visibility, since they may belong to the `impl` of a trait, which can't hold another function; in an
/// `unsafe fn`; and if a parameter is a pattern or has an attribute. On an `async fn`, `#[track_caller]` has no effect in Rust.
#[proc_macro_attribute]
pub fn circuit_breaker(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    entry::circuit_breaker(arguments.into(), item.into()).into()
}

#[cfg(test)]
mod tests;
