//! The attribute of `breaker-core`. Depend on that crate, which re-exports it.

#![forbid(unsafe_code)]

mod args;
mod conflicts;
mod entry;
mod expand;
mod fallback;
mod faults;
mod function;
mod keys;
mod model;
mod names;
mod nearest;
mod parameters;
mod requirements;
mod return_type;
mod self_alias;
mod site;
mod spans;
mod unsupported;
mod value;

/// Protects a function by the circuit breaker of a service.
///
/// It goes over an `async fn`, a plain `fn`, a method with any `self`, or a function that gives an `impl Future` or a
/// `Pin<Box<dyn Future>>` of a `Result<T, E>`. Calls are counted, and rejected while the service is down. Functions with
/// the same `service` share one breaker, which the global registry lists before the first call.
///
/// `E` carries a rejection by `From<CircuitBreakerError>`, or the attribute has `map_error`.
///
/// # Keys
///
/// Values are literals and are checked when the code is compiled. Durations are strings with a unit: `"250ms"`, `"1m 30s"`.
///
/// | key | value | default |
/// |---|---|---|
/// | `service` | the breaker's name | required |
/// | `preset` | `"database"`, `"cache"` or `"s3"` | none |
/// | `failure_threshold` | failures inside the window that open the circuit, at least 1 | 5, if no other rule is set |
/// | `consecutive_failures` | failures in a row that open it, at least 1 | off |
/// | `failure_rate` | share of failures that opens it, above 0 and at most 1 | off |
/// | `slow_call_duration`, `slow_call_rate` | a call this long is slow; the share of those that opens the circuit | off |
/// | `minimum_requests` | calls in the window before its rules are looked at, at least 1 | see the front page |
/// | `window` | the last so much time (`"60s"`) or so many calls (`100`, at most 16384) | `"60s"` |
/// | `open_timeout` | how long the circuit stays open before it probes | `"30s"` |
/// | `open_timeout_multiplier` | by how much that grows while probes fail, at least 1 | 1 |
/// | `open_timeout_max` | up to this | the longer of `"10m"` and `open_timeout` |
/// | `open_timeout_jitter` | and is shortened at random by up to this share, 0 to 1 | 0 |
/// | `success_threshold` | successful probes that close the circuit, at least 1 | 2 |
/// | `half_open_max_calls` | probes at once, at least 1 | `success_threshold` |
/// | `half_open_timeout` | a probe that takes longer has failed | the longer of `open_timeout` and `request_timeout` |
/// | `request_timeout` | a call that takes longer is cancelled and has failed; not on a plain `fn` | none |
/// | `fail_fast` | `false`: a rejected or failed call gives `Ok(Default::default())` | `true` |
/// | `response_times` | `false`: calls aren't measured | `true` |
/// | `enable_health_check`, `health_check_interval`, `health_check_timeout` | a registered check drives the state | `false`, `"15s"`, `"5s"` |
/// | `health_check_failures` | failed health checks in a row that open the circuit, at least 1 | 1 |
/// | `criticality` | `"critical"`, or `"optional"`: the program does its work without the service, which makes the health report degraded, never down | `"critical"` |
/// | `metrics_log_interval` | how often `Registry::log_metrics` logs what the service counts | `"60s"` |
/// | `fallback` | a path or a closure: what the caller gets for a rejection, a timeout and a failure | none |
/// | `failure_if`, `ignore_if` | of `&E`: is it a failure of the service; does it say nothing about it | every error is a failure |
/// | `classify` | of `&Result<T, E>`: gives the `Outcome` | `Ok` is a success |
/// | `map_error` | of `CircuitBreakerError`: gives `E` | `From` |
/// | `crate` | the absolute path of the runtime crate, if it was renamed | `::breaker_core` |
///
/// # Fallbacks
///
/// `fallback = path` is called with the function's parameters and then the error; a path that starts with `Self` gets
/// `self` first. `fallback = |error| …` names the parameters that it needs. Either may be async where the function is. A
/// parameter taken by value is cloned for it when the call is admitted; `&mut` parameters are lent again. An ignored error
/// is returned as it is, without a fallback.
#[proc_macro_attribute]
pub fn circuit_breaker(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    entry::circuit_breaker(arguments.into(), item.into()).into()
}

#[cfg(test)]
mod tests;
