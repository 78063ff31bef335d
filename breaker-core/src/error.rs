//! What can go wrong: a call that was refused or cut off, and a configuration that makes no sense.
//!
//! Every text names the service, and every configuration fault says what to write instead.

use std::fmt;
use std::time::Duration;

/// Why a breaker refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionReason {
    /// The circuit is open, and its open time is not over.
    Open,
    /// The circuit is half-open, and as many probes as `half_open_max_calls` allows are in flight.
    HalfOpen,
    /// Someone has forced the circuit open; it stays so until the mode is changed back.
    ForcedOpen,
}

impl RejectionReason {
    /// The reason as metrics write it: `"open"`, `"half_open"` or `"forced_open"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
        }
    }
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A call that was refused: the protected code has not run.
///
/// It costs no allocation: the service's name is interned, once per name and for as long as the process lives. Names
/// are meant to be few; don't put a user's or a request's identity into one.
///
/// ```
/// use breaker_core::{Rejection, RejectionReason};
/// use std::time::Duration;
///
/// let refused = Rejection {
///     service: "s3",
///     reason: RejectionReason::Open,
///     retry_after: Some(Duration::from_millis(11_200)),
/// };
/// assert_eq!(refused.to_string(), "circuit breaker `s3` is open: call refused, retry in 12s");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Rejection {
    /// The service whose breaker refused.
    pub service: &'static str,
    /// Why.
    pub reason: RejectionReason,
    /// How long until the breaker lets a probe through; `None` where nobody can know (forced open, or half-open with
    /// all probes in flight).
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.reason {
            RejectionReason::Open => "is open",
            RejectionReason::HalfOpen => "is half-open and all its probes are in flight",
            RejectionReason::ForcedOpen => "is forced open",
        };
        write!(f, "circuit breaker `{}` {why}: call refused", self.service)?;
        match self.retry_after {
            Some(Duration::ZERO) => f.write_str(", retry now"),
            Some(after) => write!(f, ", retry in {}", Human(round_up(after))),
            None => Ok(()),
        }
    }
}

/// What the breaker itself, not the protected code, did to a call.
///
/// The error type of an annotated function takes it in by `From<CircuitBreakerError>`, or by the argument `map_error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitBreakerError {
    /// The call was refused; the protected code has not run.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The call was cancelled after `request_timeout`. It may have had effects.
    #[error("circuit breaker `{service}`: call timed out after {}", Human(*timeout))]
    TimedOut {
        /// The service that was called.
        service: &'static str,
        /// The `request_timeout` that has passed.
        timeout: Duration,
    },
}

impl CircuitBreakerError {
    /// The name of the service that was, or would have been, called.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.service,
            Self::TimedOut { service, .. } => service,
        }
    }

    /// How long until a refused call is worth another try, where that is known; e.g. for an HTTP `Retry-After`.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected(rejection) => rejection.retry_after,
            Self::TimedOut { .. } => None,
        }
    }
}

/// The error of a call through a breaker: the breaker's own, or that of the protected code.
///
/// It is displayed, and is an [`Error`](std::error::Error), where `E` is; its text and its source are those of what it
/// holds.
///
/// ```
/// use breaker_core::CallError;
///
/// let error: CallError<&str> = CallError::Inner("no such key");
/// assert_eq!(error.to_string(), "no such key");
/// assert_eq!(error.into_inner(), Some("no such key"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The breaker refused the call, or cut it off.
    #[error(transparent)]
    Breaker(#[from] CircuitBreakerError),
    /// The protected code ran and failed.
    #[error(transparent)]
    Inner(E),
}

impl<E> CallError<E> {
    /// The error of the protected code, if it ran and failed.
    #[must_use]
    pub fn into_inner(self) -> Option<E> {
        match self {
            Self::Breaker(_) => None,
            Self::Inner(error) => Some(error),
        }
    }

    /// The breaker's own error, if it refused the call or cut it off.
    #[must_use]
    pub const fn breaker(&self) -> Option<&CircuitBreakerError> {
        match self {
            Self::Breaker(error) => Some(error),
            Self::Inner(_) => None,
        }
    }
}

/// A configuration that can't be used, with all its faults at once.
///
/// ```
/// use breaker_core::Config;
/// use std::time::Duration;
///
/// let error = Config::builder().failure_rate(50.0).open_timeout(Duration::ZERO).build().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid circuit breaker configuration, 2 faults:\n\
///      - failure_rate = 50: must be above 0 and at most 1; it is a share: write 0.5 for 50 %\n\
///      - open_timeout = 0s: must be longer than zero; write a duration, such as 30s",
/// );
/// assert_eq!(error.faults()[0].key, "failure_rate");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    service: Option<String>,
    faults: Vec<ConfigFault>,
}

impl ConfigError {
    /// Nothing if there are no faults, otherwise an error that holds them in their order.
    pub fn check(faults: impl IntoIterator<Item = ConfigFault>) -> Result<(), Self> {
        let faults: Vec<_> = faults.into_iter().collect();
        if faults.is_empty() { Ok(()) } else { Err(Self { service: None, faults }) }
    }

    /// The same error, saying which service's configuration it is about.
    #[must_use]
    pub fn for_service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// The service whose configuration is at fault, where it is known.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// All faults, at least one.
    #[must_use]
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }
}

impl From<ConfigFault> for ConfigError {
    fn from(fault: ConfigFault) -> Self {
        Self { service: None, faults: vec![fault] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid circuit breaker configuration")?;
        if let Some(service) = &self.service {
            write!(f, " of `{service}`")?;
        }
        if let [fault] = self.faults.as_slice() {
            return write!(f, ": {fault}");
        }
        write!(f, ", {} faults:", self.faults.len())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n- {fault}"))
    }
}

/// One fault of a configuration, in four parts that a person needs to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The key at fault.
    pub key: String,
    /// Its value, as a person would write it.
    pub value: String,
    /// What is allowed, or what it contradicts.
    pub allowed: String,
    /// What to write instead.
    pub fix: String,
}

impl ConfigFault {
    /// A fault from its four parts.
    pub fn new(
        key: impl Into<String>,
        value: impl fmt::Display,
        allowed: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), value: value.to_string(), allowed: allowed.into(), fix: fix.into() }
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, allowed, fix } = self;
        write!(f, "{key} = {value}: {allowed}; {fix}")
    }
}

/// A duration as people write it, exact, in the grammar that the configuration reads: `30s`, `2m 30s`, `1s 500ms`.
#[derive(Clone, Copy)]
pub(crate) struct Human(pub(crate) Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        // Below two minutes people count in seconds: `60s`, `90s`.
        let parts = if seconds < 120 {
            [(0, "d"), (0, "h"), (0, "m"), (seconds, "s")]
        } else {
            [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        };
        let fractions = [
            (u64::from(nanos / 1_000_000), "ms"),
            (u64::from(nanos / 1_000 % 1_000), "us"),
            (u64::from(nanos % 1_000), "ns"),
        ];
        let mut gap = "";
        for (count, unit) in parts.into_iter().chain(fractions).filter(|part| part.0 > 0) {
            write!(f, "{gap}{count}{unit}")?;
            gap = " ";
        }
        if gap.is_empty() { f.write_str("0s") } else { Ok(()) }
    }
}

/// Rounded up, so that waiting for as long as the text says is always enough: to seconds, below one to milliseconds.
fn round_up(duration: Duration) -> Duration {
    let unit = if duration >= Duration::from_secs(1) { 1_000_000_000 } else { 1_000_000 };
    let over = duration.subsec_nanos() % unit;
    if over == 0 { duration } else { duration.saturating_add(Duration::from_nanos(u64::from(unit - over))) }
}

#[cfg(test)]
mod tests;
