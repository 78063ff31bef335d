//! The rows of the table. One row holds everything about a key except the code that uses it.
//!
//! ```text
//! /// The meaning, in sentences.
//! key: Kind [values] or off = [default], presets { name: [value] }, conflicts { [words] }, example "x", synonyms [a];
//! ```
//!
//! `or off` and everything after the default are optional. `words.rs` defines the words. The order of the rows is that of the
//! documentation. `preset` comes first among the settings.

/// Passes the rows to a macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __table {
    ([$($callback:tt)*] [$($argument:tt)*]) => { $($callback)*! { [$($argument)*]
    code {
        /// The name of the breaker. Functions with the same name share one breaker. In the attribute, a literal or the path of a constant.
        service: Text [text] = [required], example "s3", synonyms [name];
    }
    settings {
        /// Starting values for a known kind of service. Any other key that is set for the service overrides them.
        preset: Preset [one of database, cache, s3] = [none];
        /// The number of failures in the window that opens the circuit.
        failure_threshold: Count [at least 1] or off = [off],
            presets { database: [3], cache: [10], s3: [5] }, conflicts { [fits into window] },
            synonyms [max_failures, threshold];
        /// The number of consecutive failures that opens the circuit.
        consecutive_failures: Count [at least 1] or off = [rule "5 if no trip rule is set"];
        /// The share of failures in the window that opens the circuit.
        failure_rate: Share [above 0 and at most 1] or off = [rule "0.5 over at least 20 calls if no trip rule is set"],
            synonyms [failure_rate_threshold, failure_ratio, error_rate];
        /// A call that takes at least this long is slow.
        slow_call_duration: Duration [longer than zero] or off = [off],
            conflicts { [at most request_timeout], [not while response_times = false] }, example "2s",
            synonyms [slow_call_duration_threshold];
        /// The share of slow calls in the window that opens the circuit.
        slow_call_rate: Share [above 0 and at most 1] or off = [off],
            conflicts { [needs slow_call_duration], [not while response_times = false] },
            synonyms [slow_call_rate_threshold];
        /// No windowed rule is evaluated before the window holds this many calls.
        minimum_requests: Count [at least 1] or off = [rule "for the rates 10, for the default `failure_rate` 20, \
            at most the calls of a window by count; for `failure_threshold` 1"], conflicts { [fits into window] },
            example "10", synonyms [minimum_calls, min_requests, minimum_number_of_calls, minimum_throughput];
        /// The sliding window of the windowed rules: the calls that ended within this duration, or this number of last calls.
        window: Window [longer than zero, or 1 to 16384 calls] = [60 s], synonyms [sliding_window, window_size, sliding_window_size, sampling_duration];
        /// How long the circuit stays open before it admits probes.
        open_timeout: Duration [longer than zero] = [30 s],
            presets { database: [30 s], cache: [15 s], s3: [60 s] },
            synonyms [reset_timeout, recovery_timeout, wait_duration_in_open_state, break_duration, sleep_window];
        /// The open timeout is multiplied by this each time a probe fails.
        open_timeout_multiplier: Factor [at least 1 and finite] = [1], example "2";
        /// The open timeout does not grow beyond this duration.
        open_timeout_max: Duration [longer than zero] = [10 min], conflicts { [at least open_timeout] };
        /// Each open timeout is shortened by a random share, at most this one, so that many processes don't probe at once.
        open_timeout_jitter: Share [at least 0 and at most 1] = [0], example "0.2";
        /// The number of successful probes that closes the circuit.
        success_threshold: Count [at least 1] = [2], presets { database: [2], cache: [5], s3: [3] };
        /// The maximum number of probes in flight while the circuit is half-open.
        half_open_max_calls: Count [at least 1] = [same as success_threshold],
            synonyms [permitted_number_of_calls_in_half_open_state, half_open_max_requests];
        /// A probe that has not ended after this duration counts as failed.
        half_open_timeout: Duration [longer than zero] or off = [the longer of open_timeout and request_timeout];
        /// An async call that takes this long, measured from its first poll, is cancelled. It counts as a failure and as a
        /// timeout. A result that is ready when the call is polled is returned, even if it is late. In the attribute, the
        /// timeout applies to the function; in a file, in a variable or at run time, to all functions of the service.
        request_timeout: Duration [longer than zero] or off = [none],
            presets { database: [10 s], cache: [5 s], s3: [30 s] }, example "10s", synonyms [timeout, call_timeout];
        /// Whether a rejected or failed call without a fallback returns its error. If not, it returns
        /// `Ok(Default::default())`. Only the value in code has an effect.
        fail_fast: Flag [true or false] = [true], presets { cache: [false] };
        /// Whether the duration of each call is measured. `false` saves two clock readings per call, or one if a rate is
        /// evaluated over a window by time, as by default.
        response_times: Flag [true or false] = [true];
        /// Whether a registered health check can change the state of the circuit.
        enable_health_check: Flag [true or false] = [false],
            presets { database: [true], cache: [true], s3: [false] };
        /// The time from one health check to the next.
        health_check_interval: Duration [longer than zero] = [15 s], presets { database: [15 s], cache: [10 s] };
        /// A health check that takes this long counts as failed.
        health_check_timeout: Duration [longer than zero] = [5 s], conflicts { [at most health_check_interval] };
        /// The number of consecutive failed health checks that opens the circuit.
        health_check_failures: Count [at least 1] = [3];
        /// The number of consecutive successful health checks after which an open circuit admits probes.
        health_check_successes: Count [at least 1] = [1];
        /// Whether the program can work without the service. In the health report, an optional service whose circuit is
        /// open makes the overall status degraded, never down.
        criticality: Criticality [one of critical, optional] = [critical];
        /// How often `Registry::log_metrics` logs the metrics of the service.
        metrics_log_interval: Duration [longer than zero] = [60 s];
    }
    code {
        /// Runs after a rejection, a timeout or a failure. The caller gets its result.
        fallback: Callable [a path or a closure] = [none], example "from_cache", synonyms [on_error];
        /// Takes `&E` and returns whether the error is a failure. If not, the service has answered, and the call is a success.
        failure_if: Callable [a path or a closure] = [none], conflicts { [not with classify] },
            example "|error| error.is_fatal()";
        /// Takes `&E` and returns whether the call is ignored: it counts neither as a failure nor as a success. Overrides
        /// `failure_if`.
        ignore_if: Callable [a path or a closure] = [none], conflicts { [not with classify] },
            example "|error| error.is_not_found()", synonyms [ignore];
        /// Takes `&Result<T, E>` and returns the `Outcome`. An `Ok` can be a failure.
        classify: Callable [a path or a closure] = [none], example "|result| Outcome::Success";
        /// Takes a `CircuitBreakerError` and returns `E`, in place of `From`.
        map_error: Callable [a path or a closure] = [none], example "|error| MyError::from(error)";
        /// The `&CircuitBreaker` to use in place of the registry's. Can use the parameters. It is configured where it is
        /// created.
        breaker: Expression [an expression] = [none],
            conflicts { [replaces service, beside request_timeout, fail_fast and code-only keys] }, example "&self.breaker";
        /// The path of the runtime crate, if it is renamed.
        crate: CratePath [an absolute path] = [none], example "::renamed";
    }
    } };
}

/// Calls `callback! { [arguments] rows }` with each setting as `#[doc = …] key: Kind;` or `#[doc = …] key: Kind or off;`.
#[macro_export]
macro_rules! keys {
    ($callback:ident $($argument:tt)*) => { $crate::__table! { [$crate::__rows] [$callback $($argument)*] } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __rows {
    ([$callback:ident $($argument:tt)*]
        code { $($head:tt)* }
        settings { $(
            $(#[doc = $meaning:literal])+
            $key:ident: $kind:ident [$($range:tt)*] $(or $off:ident)? = [$($default:tt)*]
            $(, presets { $($preset:ident: [$($value:tt)*]),* })?
            $(, conflicts { $([$($conflict:tt)*]),* })?
            $(, example $example:literal)?
            $(, synonyms [$($synonym:ident),*])?;
        )+ }
        code { $($tail:tt)* }
    ) => {
        $callback! { [$($argument)*] $(
            #[doc = $crate::__describe!($kind [$($meaning)+] [$($range)*] [$($off)?] [$($default)*] [$($([$($conflict)*])*)?])]
            $key: $kind $(or $off)?;
        )+ }
    };
}

/// Calls `callback! { #[doc = …] key; … }` with all keys, including the code-only ones.
#[macro_export]
macro_rules! all_keys {
    ($callback:ident) => {
        $crate::__table! { [$crate::__all_rows] [$callback] }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __all_rows {
    ([$callback:ident] code { $($head:tt)* } settings { $($rows:tt)* } code { $($tail:tt)* }) => {
        $crate::__documented! { $callback $($head)* $($rows)* $($tail)* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __documented {
    ($callback:ident $(
        $(#[doc = $meaning:literal])+
        $key:ident: $kind:ident [$($range:tt)*] $(or $off:ident)? = [$($default:tt)*]
        $(, presets { $($preset:ident: [$($value:tt)*]),* })?
        $(, conflicts { $([$($conflict:tt)*]),* })?
        $(, example $example:literal)?
        $(, synonyms [$($synonym:ident),*])?;
    )+) => {
        $callback! { $(
            #[doc = $crate::__describe!($kind [$($meaning)+] [$($range)*] [$($off)?] [$($default)*] [$($([$($conflict)*])*)?])]
            $key;
        )+ }
    };
}

/// The rows of the settings as a Markdown table, with `service` first.
#[doc(hidden)]
#[macro_export]
macro_rules! table_of_settings {
    () => {
        $crate::__table! { [$crate::__settings_table] [] }
    };
}

/// The rows of the other code-only keys as a Markdown table.
#[doc(hidden)]
#[macro_export]
macro_rules! table_of_code {
    () => {
        $crate::__table! { [$crate::__code_table] [] }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __settings_table {
    ([] code { $($head:tt)* } settings { $($rows:tt)* } code { $($tail:tt)* }) => {
        $crate::__markdown! { $($head)* $($rows)* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __code_table {
    ([] code { $($head:tt)* } settings { $($rows:tt)* } code { $($tail:tt)* }) => {
        $crate::__markdown! { $($tail)* }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __markdown {
    ($(
        $(#[doc = $meaning:literal])+
        $key:ident: $kind:ident [$($range:tt)*] $(or $off:ident)? = [$($default:tt)*]
        $(, presets { $($preset:ident: [$($value:tt)*]),* })?
        $(, conflicts { $([$($conflict:tt)*]),* })?
        $(, example $example:literal)?
        $(, synonyms [$($synonym:ident),*])?;
    )+) => {
        concat!(
            "| key | values | default | meaning |\n|---|---|---|---|\n",
            $(
                "| `", stringify!($key), "` | ", $crate::__kind_text!($kind), stringify!($($range)*), $crate::__off_text!($($off)?),
                $($($crate::__conflict_text!($($conflict)*),)*)?
                " | ", $crate::__default_text!($($default)*), " |", $($meaning,)+ " |\n",
            )+
        )
    };
}
