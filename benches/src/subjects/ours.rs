//! This project: `call` and `call_async`, with one of several rules.

use std::time::Duration;

use breaker_core::{CallError, CircuitBreaker, Config, ConfigBuilder, State};

use super::{Guarded, Purpose};
use crate::work::{CallResult, Failed, Stream, poll};

/// A limit that no stream here reaches within the window.
const OUT_OF_REACH: u32 = u32::MAX;

/// Only what the rule needs: the failures within the last minute, without response times.
pub(crate) fn untimed(purpose: Purpose) -> Config {
    build(&tripping(purpose).response_times(false), |closed| closed.failure_threshold(OUT_OF_REACH), purpose)
}

/// Everything recorded: the failure rate of the last minute, and the response time of each call.
pub(crate) fn timed(purpose: Purpose) -> Config {
    build(&tripping(purpose), |closed| closed.failure_rate(0.9).window(Duration::from_secs(60)), purpose)
}

/// The same rule without response times: the clock is read once, for the window.
pub(crate) fn rate(purpose: Purpose) -> Config {
    let config = tripping(purpose).response_times(false);
    build(&config, |closed| closed.failure_rate(0.9).window(Duration::from_secs(60)), purpose)
}

/// The failure rate of the last 100 calls.
pub(crate) fn last_hundred(purpose: Purpose, times: bool) -> Config {
    build(&tripping(purpose).response_times(times), |closed| closed.failure_rate(0.9).window(100), purpose)
}

fn build(base: &ConfigBuilder, closed: impl Fn(ConfigBuilder) -> ConfigBuilder, purpose: Purpose) -> Config {
    let rules = match purpose {
        Purpose::Closed | Purpose::Defaults => closed(base.clone()),
        Purpose::Waiting => closed(base.clone()).minimum_requests(OUT_OF_REACH),
        Purpose::Rejected | Purpose::Probing | Purpose::Cycling => base.clone(),
    };
    rules.build().expect("the bench's configuration is right")
}

fn tripping(purpose: Purpose) -> ConfigBuilder {
    let hour = Duration::from_secs(3_600);
    let config = Config::builder().half_open_timeout(hour);
    match purpose {
        Purpose::Closed | Purpose::Defaults | Purpose::Waiting => config,
        Purpose::Rejected => config.consecutive_failures(1).open_timeout(hour),
        Purpose::Probing => config
            .consecutive_failures(1)
            .open_timeout(Duration::from_nanos(1))
            .success_threshold(OUT_OF_REACH)
            .half_open_max_calls(1),
        Purpose::Cycling => config.consecutive_failures(1).open_timeout(Duration::from_nanos(1)).success_threshold(1),
    }
}

/// A subject that uses `call`.
pub(crate) struct Plain(CircuitBreaker);

/// A subject that uses `call_async`.
pub(crate) struct Future(CircuitBreaker);

impl Plain {
    pub(crate) fn new(config: Config) -> Self {
        Self(CircuitBreaker::new("bench", config))
    }
}

impl Future {
    pub(crate) fn new(config: Config) -> Self {
        Self(CircuitBreaker::new("bench", config))
    }
}

impl<S: Stream> Guarded<S> for Plain {
    type Local<'a> = &'a CircuitBreaker;

    fn local(&self) -> &CircuitBreaker {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut &CircuitBreaker, n: u64) -> CallResult {
        call_result(&breaker.call(|| S::work(n)))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.state() == State::Closed)
    }
}

impl<S: Stream> Guarded<S> for Future {
    type Local<'a> = &'a CircuitBreaker;

    fn local(&self) -> &CircuitBreaker {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut &CircuitBreaker, n: u64) -> CallResult {
        call_result(&poll(breaker.call_async(async move { S::work(n) })))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.state() == State::Closed)
    }
}

#[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
#[inline(always)]
fn call_result(result: &Result<u64, CallError<Failed>>) -> CallResult {
    match result {
        Ok(value) => CallResult::Done(*value),
        Err(CallError::Inner(_)) => CallResult::Failed,
        Err(CallError::Breaker(_)) => CallResult::Rejected,
    }
}
