//! The rows. One row is all that there is of a key, but for its use.
//!
//! ```text
//! /// What it means: sentences.
//! key: Kind [values] or off = [default], presets { name: [value] }, conflicts { [words] }, example "x", synonyms [a];
//! ```
//!
//! `or off` and what comes after the default may be missing. `words.rs` has the words. The order is that of the
//! documentation. `preset` comes first among the settings.

/// Hands the rows to a macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __table {
    ([$($callback:tt)*] [$($argument:tt)*]) => { $($callback)*! { [$($argument)*]
    code {
        /// The name of the breaker. Functions with the same name share one breaker. In the attribute, a literal or the path of a constant.
        service: Text [text] = [required], example "s3", synonyms [name];
    }
    settings {
        /// Values for a known kind of service to start from. Any other key that is set for the service overrides them.
        preset: Preset [one of database, cache, s3] = [none];
        /// Failures inside the window that open the circuit.
        failure_threshold: Count [at least 1] or off = [off],
            presets { database: [3], cache: [10], s3: [5] }, conflicts { [fits into window] },
            synonyms [max_failures, threshold];
        /// Consecutive failures that open the circuit.
        consecutive_failures: Count [at least 1] or off = [rule "5 if no trip rule is set"];
        /// Share of failures in the window that opens the circuit.
        failure_rate: Share [above 0 and at most 1] or off = [rule "0.5 over at least 20 calls if no trip rule is set"],
            synonyms [failure_rate_threshold, failure_ratio, error_rate];
        /// A call that takes at least this long is slow.
        slow_call_duration: Duration [longer than zero] or off = [off],
            conflicts { [at most request_timeout], [not while response_times = false] }, example "2s",
            synonyms [slow_call_duration_threshold];
        /// Share of slow calls in the window that opens the circuit.
        slow_call_rate: Share [above 0 and at most 1] or off = [off],
            conflicts { [needs slow_call_duration], [not while response_times = false] },
            synonyms [slow_call_rate_threshold];
        /// No windowed rule is evaluated before the window holds this many calls.
        minimum_requests: Count [at least 1] or off = [rule "for the rates 10, for the default `failure_rate` 20, \
            at most the calls of a window by count; for `failure_threshold` 1"], conflicts { [fits into window] },
            example "10", synonyms [minimum_calls, min_requests, minimum_number_of_calls, minimum_throughput];
        /// The sliding window of the windowed rules: the last so much time, or the last so many calls.
        window: Window [longer than zero, or 1 to 16384 calls] = [60 s], synonyms [sliding_window, window_size, sliding_window_size, sampling_duration];
        /// How long the circuit stays open before it probes.
        open_timeout: Duration [longer than zero] = [30 s],
            presets { database: [30 s], cache: [15 s], s3: [60 s] },
            synonyms [reset_timeout, recovery_timeout, wait_duration_in_open_state, break_duration, sleep_window];
        /// The open timeout is multiplied by this each time a probe fails.
        open_timeout_multiplier: Factor [at least 1 and finite] = [1], example "2";
        /// The longest that the open timeout can grow.
        open_timeout_max: Duration [longer than zero] = [10 min], conflicts { [at least open_timeout] };
        /// Shortens each open timeout by a random share of up to this much, so that a fleet doesn't probe at once.
        open_timeout_jitter: Share [at least 0 and at most 1] = [0], example "0.2";
        /// Successful probes that close the circuit.
        success_threshold: Count [at least 1] = [2], presets { database: [2], cache: [5], s3: [3] };
        /// Probes in flight at once while the circuit is half-open.
        half_open_max_calls: Count [at least 1] = [same as success_threshold],
            synonyms [permitted_number_of_calls_in_half_open_state, half_open_max_requests];
        /// A probe that has not ended after this long has failed.
        half_open_timeout: Duration [longer than zero] or off = [the longer of open_timeout and request_timeout];
        /// An async call that takes this long, from its first poll, is cancelled, and counts as a failure and as a timeout.
        /// A result that is ready when the call is polled is returned, however late. In the attribute it is that of the
        /// function; in a file, a variable or at run time it holds for all functions of the service.
        request_timeout: Duration [longer than zero] or off = [none],
            presets { database: [10 s], cache: [5 s], s3: [30 s] }, example "10s", synonyms [timeout, call_timeout];
        /// Whether a rejected or failed call without a fallback returns its error. If not, it returns
        /// `Ok(Default::default())`. Only the value in code has an effect.
        fail_fast: Flag [true or false] = [true], presets { cache: [false] };
        /// Whether the time of every call is measured. `false` saves two readings of the clock, or one where a rate is
        /// judged over a duration, as by default.
        response_times: Flag [true or false] = [true];
        /// Whether a registered health check drives the state.
        enable_health_check: Flag [true or false] = [false],
            presets { database: [true], cache: [true], s3: [false] };
        /// The time from one health check to the next.
        health_check_interval: Duration [longer than zero] = [15 s], presets { database: [15 s], cache: [10 s] };
        /// A health check that takes this long has failed.
        health_check_timeout: Duration [longer than zero] = [5 s], conflicts { [at most health_check_interval] };
        /// Consecutive failed health checks that open the circuit.
        health_check_failures: Count [at least 1] = [3];
        /// Consecutive successful health checks that let an open circuit probe.
        health_check_successes: Count [at least 1] = [1];
        /// Whether the program can do its work without the service. In the health report an optional service that is
        /// open makes the whole degraded, never down.
        criticality: Criticality [one of critical, optional] = [critical];
        /// How often `Registry::log_metrics` logs the metrics of the service.
        metrics_log_interval: Duration [longer than zero] = [60 s];
    }
    code {
        /// What the caller gets for a rejection, a timeout and a failure.
        fallback: Callable [a path or a closure] = [none], example "from_cache", synonyms [on_error];
        /// Of `&E`: whether an error is a failure. If not, the service has answered, and the call is a success.
        failure_if: Callable [a path or a closure] = [none], conflicts { [not with classify] },
            example "|error| error.is_fatal()";
        /// Of `&E`: whether an error says nothing about the service. It is counted neither way; this beats `failure_if`.
        ignore_if: Callable [a path or a closure] = [none], conflicts { [not with classify] },
            example "|error| error.is_not_found()", synonyms [ignore];
        /// Of `&Result<T, E>`: gives the `Outcome`. An `Ok` may be a failure.
        classify: Callable [a path or a closure] = [none], example "|result| Outcome::Success";
        /// Of `CircuitBreakerError`: gives `E`, in place of `From`.
        map_error: Callable [a path or a closure] = [none], example "|error| MyError::from(error)";
        /// Of the parameters: a `&CircuitBreaker` to use in place of the registry's. It is configured where it is created.
        breaker: Expression [an expression] = [none],
            conflicts { [replaces service, beside request_timeout, fail_fast and code-only keys] }, example "&self.breaker";
        /// The path of the runtime crate, where it is renamed.
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

/// Calls `callback! { #[doc = …] key; … }` with all keys, those of code too.
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

/// The rows of the settings as a table of the documentation. The name of the service is in front.
#[doc(hidden)]
#[macro_export]
macro_rules! table_of_settings {
    () => {
        $crate::__table! { [$crate::__settings_table] [] }
    };
}

/// The rows of what only the attribute takes.
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
