//! A wrapper around a server's client, as callers see it.

use std::error::Error as StdError;
use std::pin::Pin;
use std::time::Duration;

use breaker_core::{CircuitBreaker, CircuitBreakerError, Config, Preset};

/// How long a call may take. A healthy one takes milliseconds; on a busy machine, a new connection takes some hundred.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the circuit stays open before it probes.
const OPEN_TIMEOUT: Duration = Duration::from_millis(200);

/// What the caller got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The server's answer.
    Answer,
    /// The value of the wrapper's own fallback, for a rejection or a failure.
    Fallback,
    /// The breaker's error: the call was rejected.
    Rejected,
    /// The breaker's error: the call took too long.
    TimedOut,
    /// An error of the server or of the connection, in a few words.
    Failed(String),
}

pub(crate) type Call = Pin<Box<dyn Future<Output = Seen> + Send>>;

/// A client behind a breaker. Each call is one call of the breaker.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) breaker: CircuitBreaker,
    pub(crate) call: Box<dyn Fn() -> Call + Send + Sync>,
}

impl Client {
    pub(crate) fn new<F>(
        name: &'static str,
        breaker: CircuitBreaker,
        call: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Seen> + Send + 'static,
    {
        Self { name, breaker, call: Box::new(move || Box::pin(call())) }
    }
}

/// The same for databases: on a busy machine, a login takes longer than anything else, and one that is cut off begins anew.
pub(crate) const DATABASE_TIMEOUT: Duration = Duration::from_secs(6);

/// A breaker with the numbers of a preset, except that calls time out and it probes sooner.
pub(crate) fn breaker(service: &str, preset: Preset) -> CircuitBreaker {
    let timeout = if preset == Preset::Database { DATABASE_TIMEOUT } else { REQUEST_TIMEOUT };
    let mut config = Config::builder().preset(preset);
    config = config.request_timeout(timeout).open_timeout(OPEN_TIMEOUT).open_timeout_max(OPEN_TIMEOUT);
    CircuitBreaker::new(service, config.build().expect("it is valid"))
}

/// What an error is to the caller: the breaker's, or one with this description.
pub(crate) fn failed(error: &(dyn StdError + 'static), in_words: impl FnOnce() -> String) -> Seen {
    let mut chain = std::iter::successors(Some(error), |&error| error.source());
    match chain.find_map(|error| error.downcast_ref::<CircuitBreakerError>()) {
        Some(own) if own.is_timeout() => Seen::TimedOut,
        Some(_) => Seen::Rejected,
        None => Seen::Failed(in_words()),
    }
}
